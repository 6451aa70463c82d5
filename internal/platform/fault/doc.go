// Package fault is the one shape of an error that somebody outside may see: a code, a message key with arguments, and the
// bad fields. It never holds words of a language (they are in locales) and never a secret.
package fault

package collect

import (
	"reflect"
	"regexp"
	"strings"
)

// Scrub takes secrets out of an answer of the SDK, in place, before anything else sees it: environment values of functions,
// tasks and builds, user data, passwords, parameter values of stacks, connection strings and private keys in any text.
// Names stay, values go: that a variable exists is a fact of the estate, what it holds is not ours.
func Scrub(out any) { scrubValue(reflect.ValueOf(out), "", false) }

// dropped fields are emptied wherever they occur.
var dropped = map[string]bool{
	"UserData": true, "MasterUserPassword": true, "SecretString": true, "SecretBinary": true, "AuthToken": true, "Password": true,
	"ConnectionString": true, "ParameterValue": true, "ResolvedValue": true, "InputTemplate": true, "PrivateKey": true,
	"PreSharedKey": true, "CustomerGatewayConfiguration": true, "SecretAccessKey": true, "SessionToken": true, "OAuthToken": true, "InputPathsMap": true,
	"HeaderValue": true, "HeaderParameters": true, "QueryStringParameters": true, "OutputValue": true, "Input": true, "Buildspec": true,
}

// droppedKeys are keys of maps whose value is emptied: settings of pipeline actions that carry values of other things.
var droppedKeys = map[string]bool{
	"EnvironmentVariables": true, "ParameterOverrides": true, "OAuthToken": true, "SecretToken": true, "UserParameters": true, "CustomData": true,
	"Password": true, "ApiToken": true,
}

// webhook is an address whose path may be its secret.
var webhook = regexp.MustCompile(`^(https?://[^/]+/).+$`)

// holders are fields below which every Value, and every value of a map, is emptied.
var holders = map[string]bool{
	"Environment": true, "EnvironmentVariables": true, "EnvironmentVariablesOverride": true, "Variables": true, "StageVariables": true,
}

const gone = "(dropped)"

var secretText = regexp.MustCompile(`(?i)([a-z][a-z0-9+.-]*://[^\s:/@]*:)[^\s@]+@|-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]*(?:-----END [A-Z ]*PRIVATE KEY-----)?|\b((?:password|passwd|pwd|secret|token|api[_-]?key)\s*=\s*)[^\s;&"']+`)

// Text takes what looks like a secret out of one string. Nearly all texts of AWS have none of the three marks that the pattern
// needs, and looking for these costs a tenth of the pattern, which was a tenth of a whole discovery.
func Text(s string) string {
	if len(s) < 8 || strings.IndexByte(s, '=') < 0 && !strings.Contains(s, "://") && !strings.Contains(s, "-----") || !secretText.MatchString(s) {
		return s
	}
	return secretText.ReplaceAllString(s, "${1}${2}"+gone)
}

func scrubValue(v reflect.Value, name string, inside bool) {
	switch v.Kind() {
	case reflect.Interface:
		// A union of the SDK could not be read back from a recording, and the live run must see what the replay does.
		if v.CanSet() {
			v.SetZero()
		}
	case reflect.Pointer:
		if v.IsNil() {
			return
		}
		if v.Elem().Kind() == reflect.String && v.CanSet() {
			scrubText(v.Elem(), name, inside)
			return
		}
		scrubValue(v.Elem(), name, inside)
	case reflect.Struct:
		t := v.Type()
		// A stack's parameter (ParameterKey) may hold a password; a database's (ParameterName) is a setting such as rds.force_ssl.
		_, setting := t.FieldByName("ParameterName")
		for i := range t.NumField() {
			f := t.Field(i)
			if !f.IsExported() {
				continue
			}
			name := f.Name
			if setting && name == "ParameterValue" {
				name = ""
			}
			scrubValue(v.Field(i), name, inside || holders[f.Name])
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			if dropped[name] && v.CanSet() {
				v.SetZero()
			}
			return
		}
		for i := range v.Len() {
			scrubValue(v.Index(i), name, inside)
		}
	case reflect.Map:
		scrubMap(v, name, inside)
	case reflect.String:
		if v.CanSet() {
			scrubText(v, name, inside)
		}
	}
}

func scrubText(v reflect.Value, name string, inside bool) {
	switch {
	case dropped[name], inside && name == "Value":
		if v.String() != "" {
			v.SetString(gone)
		}
	case name == "Endpoint" && webhook.MatchString(v.String()):
		v.SetString(webhook.ReplaceAllString(v.String(), "${1}"+gone))
	default:
		if clean := Text(v.String()); clean != v.String() {
			v.SetString(clean)
		}
	}
}

func scrubMap(v reflect.Value, name string, inside bool) {
	if v.Type().Elem().Kind() != reflect.String {
		for _, k := range v.MapKeys() {
			if e := v.MapIndex(k); e.Kind() == reflect.Pointer || e.Kind() == reflect.Slice {
				scrubValue(e, name, inside)
			} else if e.Kind() == reflect.Struct {
				c := reflect.New(e.Type()).Elem()
				c.Set(e)
				scrubValue(c, name, inside)
				v.SetMapIndex(k, c)
			}
		}
		return
	}
	for _, k := range v.MapKeys() {
		old := v.MapIndex(k).String()
		clean := Text(old)
		if (inside || dropped[name] || droppedKeys[k.String()]) && old != "" {
			clean = gone
		}
		if clean != old {
			v.SetMapIndex(k, reflect.ValueOf(clean).Convert(v.Type().Elem()))
		}
	}
}

package collect

import (
	"strings"
	"unicode"
)

// TypeKey is the key of the words for a resource type: "estate.type.ec2_instance" for AWS::EC2::Instance. Types that have no
// words are written by TypeWords.
func TypeKey(typ string) string {
	name := strings.ToLower(strings.TrimPrefix(typ, "AWS::"))
	return "estate.type." + strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, strings.ReplaceAll(name, "::", "_"))
}

// TypeWords makes words out of a type's own name: "AWS::AppMesh::VirtualNode" is "AppMesh virtual node".
func TypeWords(typ string) string {
	service, resource, ok := strings.Cut(strings.TrimPrefix(typ, "AWS::"), "::")
	if !ok || !strings.HasPrefix(typ, "AWS::") {
		return typ
	}
	var b strings.Builder
	b.WriteString(service)
	letters := []rune(resource)
	for i, r := range letters {
		begins := unicode.IsUpper(r) && (i == 0 || !unicode.IsUpper(letters[i-1]))
		if begins {
			b.WriteByte(' ')
		}
		if begins && i+1 < len(letters) && !unicode.IsUpper(letters[i+1]) {
			r = unicode.ToLower(r)
		}
		b.WriteRune(r)
	}
	return b.String()
}

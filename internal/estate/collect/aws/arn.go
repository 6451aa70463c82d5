package aws

import "strings"

// serviceOf is the third part of an ARN: "sns".
func serviceOf(arn string) string {
	if p := strings.SplitN(arn, ":", 4); len(p) == 4 {
		return p[2]
	}
	return ""
}

// bare is the ARN of the resource itself: functions without version or alias, log groups without ":*".
func bare(arn string) string {
	switch serviceOf(arn) {
	case "lambda":
		return unqualified(arn)
	case "logs":
		return strings.TrimSuffix(arn, ":*")
	}
	return arn
}

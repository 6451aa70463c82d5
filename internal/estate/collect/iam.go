package collect

import "strings"

// IAMAction gives the IAM action of an API operation: mostly the same words, but not always (Service Authorization Reference).
func IAMAction(action string) string {
	if a, ok := iamNames[action]; ok {
		return a
	}
	if service, op, ok := strings.Cut(action, ":"); ok && service == "apigateway" && op != "" {
		return "apigateway:GET"
	}
	return action
}

var iamNames = map[string]string{
	"s3:ListBuckets":                        "s3:ListAllMyBuckets",
	"s3:GetBucketEncryption":                "s3:GetEncryptionConfiguration",
	"s3:GetPublicAccessBlock":               "s3:GetBucketPublicAccessBlock",
	"s3:GetBucketLifecycleConfiguration":    "s3:GetLifecycleConfiguration",
	"s3:GetBucketReplication":               "s3:GetReplicationConfiguration",
	"s3:GetBucketNotificationConfiguration": "s3:GetBucketNotification",
	"s3:HeadBucket":                         "s3:ListBucket",
}

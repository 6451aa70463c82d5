// Package policy writes down what Vigie needs in a customer's account: the IAM policy, computed from the collectors, and the role that
// carries it, as a CloudFormation template, as Terraform, and as a StackSet over an organisation.
//
// It owns the texts and nothing else: it knows no SDK, reads no account, and all its functions are pure. What a collector calls is in
// its Actions; a right that no collector needs is in no policy.
package policy

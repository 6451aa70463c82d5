// Package requirement owns what quality of service is asked for, by workload and environment: recovery time and point, backup retention,
// availability, recovery strategy, hours of support, monitoring, and the seven kinds of security.
//
// A requirement is a draft until both sides agree on it (Agree); whoever changes what was agreed on makes it a draft again. The audit trail
// keeps every version. A field that is empty asks for nothing: no rule is held against it.
//
// Templates (catalogue/requirements) say what is usually asked at each criticality; they fill what is empty and nothing else.
//
// Contradictions is a pure function of a requirement and of what the estate tells: it says where one promise cannot be kept beside another,
// or by the parts that are there, and by which evidence. Compose reckons the availability that the parts of a workload can give together,
// with its derivation line by line.
//
// The room reads no CMDB: app gives it the parts, their needs and their backups (Estate). What rules read of a requirement is Rules.
package requirement

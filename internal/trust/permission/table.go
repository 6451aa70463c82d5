package permission

import "slices"

// Role is what a person is to Vigie; see CONTRACT.md for the list.
type Role string

// Provider roles and, from Approver on, customer roles.
const (
	Admin     Role = "admin"
	Manager   Role = "manager"
	Engineer  Role = "engineer"
	Agent     Role = "agent"
	Sales     Role = "sales"
	Auditor   Role = "auditor"
	Approver  Role = "approver"
	Requester Role = "requester"
	Viewer    Role = "viewer"
)

// Guest is the role of who comes by a private link. It is nobody's for good, and in no row of the table: its actor holds what it may do.
const Guest Role = "guest"

// Roles lists all roles, provider first.
func Roles() []Role {
	return []Role{Admin, Manager, Engineer, Agent, Sales, Auditor, Approver, Requester, Viewer}
}

// Customer tells whether the role belongs to people of a customer, who always have exactly one.
func (r Role) Customer() bool {
	return r == Approver || r == Requester || r == Viewer || r == Guest
}

// Valid tells whether the role exists.
func (r Role) Valid() bool { return slices.Contains(Roles(), r) }

// Action is one thing that may be allowed, noun first.
type Action string

// The actions. A room adds its own here, so that one table stays whole.
const (
	CustomerRead    Action = "customer.read"
	CustomerWrite   Action = "customer.write"
	CustomerExport  Action = "customer.export"
	CustomerImport  Action = "customer.import"
	CustomerRemove  Action = "customer.remove"
	UserRead        Action = "user.read"
	UserWrite       Action = "user.write"
	TokenOwn        Action = "token.own"
	ProfileOwn      Action = "profile.own"
	SignInRule      Action = "sign_in.rule"
	AuditRead       Action = "audit.read"
	ContactRead     Action = "contact.read"
	ContactWrite    Action = "contact.write"
	AccountRead     Action = "account.read"
	AccountWrite    Action = "account.write"
	DiscoveryRead   Action = "discovery.read"
	DiscoveryRun    Action = "discovery.run"
	CIRead          Action = "ci.read"
	CIWrite         Action = "ci.write"
	CIImport        Action = "ci.import"
	WorkloadRead    Action = "workload.read"
	WorkloadWrite   Action = "workload.write"
	GapRead         Action = "gap.read"
	GapWrite        Action = "gap.write"
	FindingRead     Action = "finding.read"
	FindingImport   Action = "finding.import"
	FileRead        Action = "file.read"
	FileWrite       Action = "file.write"
	FileRemove      Action = "file.remove"
	NoteRead        Action = "note.read"
	NoteWrite       Action = "note.write"
	NoteRemove      Action = "note.remove"
	InternalRead    Action = "internal_note.read"
	MailRead        Action = "mail.read"
	MailWrite       Action = "mail.write"
	ApprovalRead    Action = "approval.read"
	ApprovalRequest Action = "approval.request"
	ApprovalSign    Action = "approval.sign"
	InstanceDoctor  Action = "instance.doctor"
	LimitWrite      Action = "limit.write"
	WebhookRead     Action = "webhook.read"
	WebhookWrite    Action = "webhook.write"
	WebhookInstance Action = "webhook.instance" // webhooks that are told of all customers
	ViewOwn         Action = "view.own"
	ViewShare       Action = "view.share"
	ViewDefault     Action = "view.default"
	BulkRead        Action = "bulk_edit.read"
	BulkWrite       Action = "bulk_edit.write"
	SignOnRead      Action = "sign_on.read"
	SignOnWrite     Action = "sign_on.write"
	FieldRead       Action = "custom_field.read"
	FieldWrite      Action = "custom_field.write"
	FieldHouse      Action = "custom_field.house"
)

// The actions of onboarding: what is delivered, and the launch.
const (
	DeliverableRead  Action = "deliverable.read"
	DeliverableWrite Action = "deliverable.write"
	LaunchRead       Action = "launch.read"
	LaunchWrite      Action = "launch.write"
)

// The actions of the registers.
const (
	StakeholderRead  Action = "stakeholder.read"
	StakeholderWrite Action = "stakeholder.write"
	SupplierRead     Action = "supplier.read"
	SupplierWrite    Action = "supplier.write"
	DocumentRead     Action = "document.read"
	DocumentWrite    Action = "document.write"
	DocumentHandIn   Action = "document.hand_in"
	DocumentReview   Action = "document.review"
)

// The actions of full assessments.
const (
	PlanRead     Action = "plan.read"
	PlanWrite    Action = "plan.write"
	MeasureRead  Action = "measure.read"
	MeasureWrite Action = "measure.write"
)

// The actions of requirements.
const (
	RequirementRead  Action = "requirement.read"
	RequirementWrite Action = "requirement.write"
	RequirementAgree Action = "requirement.agree"
)

// The actions of access checks, declared inventories and baselines.
const (
	AccessRead     Action = "access_check.read"
	AccessWrite    Action = "access_check.write"
	InventoryRead  Action = "declared_inventory.read"
	InventoryWrite Action = "declared_inventory.write"
	BaselineRead   Action = "baseline.read"
	BaselineWrite  Action = "baseline.write"
)

// The actions of estimates.
const (
	EstimateRead  Action = "estimate.read"
	EstimateWrite Action = "estimate.write"
	EstimateIssue Action = "estimate.issue"
)

// The actions of questionnaires and assessments.
const (
	QuestionnaireRead Action = "questionnaire.read"
	AssessmentRead    Action = "assessment.read"
	AssessmentWrite   Action = "assessment.write"
	AssessmentAnswer  Action = "assessment.answer"
)

var (
	everybody = Roles()
	provider  = []Role{Admin, Manager, Engineer, Agent, Sales, Auditor}
	delivery  = []Role{Admin, Manager, Engineer}
)

// Row is one line of the table.
type Row struct {
	Action Action
	Roles  []Role
}

// Table is the whole of who may do what.
func Table() []Row {
	return []Row{
		{CustomerRead, everybody},
		{CustomerWrite, []Role{Admin, Manager, Sales}},
		{CustomerExport, []Role{Admin, Manager}},
		{CustomerImport, []Role{Admin}},
		{CustomerRemove, []Role{Admin}},
		{UserRead, []Role{Admin, Manager, Auditor}},
		{UserWrite, []Role{Admin}},
		{TokenOwn, everybody},
		{SignOnRead, []Role{Admin, Auditor}},
		{SignOnWrite, []Role{Admin}},
		{ProfileOwn, everybody},
		{SignInRule, []Role{Admin}},
		{AuditRead, []Role{Admin, Manager, Auditor}},
		{ContactRead, everybody},
		{ContactWrite, []Role{Admin, Manager, Engineer, Agent, Sales}},
		{StakeholderRead, provider},
		{StakeholderWrite, []Role{Admin, Manager, Sales}},
		{SupplierRead, everybody},
		{SupplierWrite, []Role{Admin, Manager, Engineer, Sales}},
		{DocumentRead, everybody},
		{DocumentWrite, []Role{Admin, Manager, Engineer, Agent, Sales}},
		{MeasureRead, everybody},
		{MeasureWrite, delivery},
		{DocumentHandIn, []Role{Admin, Manager, Engineer, Agent, Sales, Approver, Requester}},
		{DocumentReview, delivery},
		{PlanRead, everybody},
		{PlanWrite, []Role{Admin, Manager, Engineer, Sales}},
		{EstimateRead, provider},
		{EstimateWrite, []Role{Admin, Manager, Sales}},
		{EstimateIssue, []Role{Admin, Manager}},
		{DeliverableRead, everybody},
		{DeliverableWrite, delivery},
		{LaunchRead, everybody},
		{LaunchWrite, []Role{Admin, Manager}},
		{QuestionnaireRead, provider},
		{AssessmentRead, everybody},
		{AssessmentWrite, []Role{Admin, Manager, Engineer, Sales}},
		{AssessmentAnswer, []Role{Admin, Manager, Engineer, Agent, Sales, Approver, Requester}},
		{RequirementRead, everybody},
		{RequirementWrite, []Role{Admin, Manager, Engineer, Sales}},
		{RequirementAgree, []Role{Admin, Manager}},
		{AccessRead, everybody},
		{AccessWrite, delivery},
		{InventoryRead, everybody},
		{InventoryWrite, []Role{Admin, Manager, Engineer, Sales}},
		{BaselineRead, everybody},
		{BaselineWrite, delivery},
		{AccountRead, []Role{Admin, Manager, Engineer, Agent, Auditor}},
		{AccountWrite, delivery},
		{DiscoveryRead, provider},
		{DiscoveryRun, delivery},
		{CIRead, everybody},
		{CIWrite, delivery},
		{CIImport, delivery},
		{WorkloadRead, everybody},
		{GapRead, everybody},
		{GapWrite, delivery},
		{FindingRead, everybody},
		{FindingImport, delivery},
		{WorkloadWrite, delivery},
		{FileRead, everybody},
		{FileWrite, []Role{Admin, Manager, Engineer, Agent, Sales, Approver, Requester}},
		{FileRemove, []Role{Admin, Manager}},
		{NoteRead, everybody},
		{NoteWrite, []Role{Admin, Manager, Engineer, Agent, Sales, Approver, Requester}},
		{NoteRemove, []Role{Admin, Manager}},
		{InternalRead, provider},
		{MailRead, []Role{Admin, Manager, Engineer, Agent, Auditor}},
		{MailWrite, []Role{Admin, Manager}},
		{ApprovalRead, everybody},
		{ApprovalRequest, delivery},
		{ApprovalSign, []Role{Admin, Manager, Approver}},
		{WebhookRead, []Role{Admin, Manager, Auditor}},
		{WebhookWrite, []Role{Admin, Manager}},
		{WebhookInstance, []Role{Admin}},
		{ViewOwn, everybody},
		{ViewShare, []Role{Admin, Manager, Engineer, Agent, Sales}},
		{ViewDefault, []Role{Admin, Manager}},
		{BulkRead, provider},
		{BulkWrite, []Role{Admin, Manager, Engineer, Agent, Sales}},
		{FieldRead, provider},
		{FieldWrite, []Role{Admin, Manager}},
		{FieldHouse, []Role{Admin}},
		{InstanceDoctor, []Role{Admin, Auditor}},
		{LimitWrite, []Role{Admin}},
	}
}

// Allowed tells whether the role may do the action; an action that the table lacks is allowed to nobody.
func Allowed(r Role, a Action) bool {
	roles, ok := index[a]
	return ok && slices.Contains(roles, r)
}

var index = func() map[Action][]Role {
	m := map[Action][]Role{}
	for _, row := range Table() {
		m[row.Action] = row.Roles
	}
	return m
}()

package db

// Table says how a table belongs to customers. What is not registered here cannot be named in a statement.
type Table struct {
	Name string
	// Key is the column that names the customer; empty for a table of the instance (people, jobs), which has no customer.
	Key string
	// Travel says what becomes of a customer's rows in an export of the customer and an import elsewhere.
	Travel Travel
}

// Travel is how far the rows of a customer's table go.
type Travel uint8

// The ways.
const (
	Whole  Travel = iota // in the export, and loaded by an import
	Leaves               // in the export, for people to read; an import does not load it, as its work was done where it arose
	Stays                // not in the export: keys, and what is derived from other rows
)

// Tables is every table of the schema, in an order that respects foreign keys. Row-level security, the statement
// rewriting, export and the two-customer test are all driven by it.
func Tables() []Table {
	return []Table{
		{Name: "app_user"},
		{Name: "user_customer"},
		{Name: "session"},
		{Name: "api_token"},
		{Name: "sign_in_attempt"},
		{Name: "sign_in_pending"},
		{Name: "factor_rule"},
		{Name: "totp"},
		{Name: "passkey"},
		{Name: "recovery_code"},
		{Name: "passkey_challenge"},
		{Name: "sign_in_link"},
		{Name: "sign_in_request"},
		{Name: "break_glass"},
		{Name: "idempotency"},
		{Name: "outbox"},
		{Name: "master_key"},
		{Name: "blob"},
		{Name: "link_key"},
		{Name: "intake_memory"},
		{Name: "customer_removal"},
		{Name: "audit_log"},
		{Name: "audit_pending"},
		{Name: "audit_leaf"},
		{Name: "audit_hash"},
		{Name: "audit_key"},
		{Name: "audit_checkpoint"},
		{Name: "notification_preference"},
		{Name: "house_field"},
		{Name: "estimate_number"},
		{Name: "customer", Key: "id"},
		// Their customer is optional; package view holds what it reads to the scope.
		{Name: "saved_view"},
		{Name: "view_default"},
		{Name: "identity_provider"},
		{Name: "identity_domain"},
		{Name: "identity_rule"},
		{Name: "identity_rule_customer"},
		{Name: "identity_link"},
		{Name: "sign_on_request"},
		{Name: "sign_on_session"},
		{Name: "sign_on_pending"},
		{Name: "sign_on_logout"},
		{Name: "scim_token"},
		{Name: "scim_user"},
		{Name: "scim_group"},
		{Name: "scim_member"},
		// Entries about the instance itself carry the zero UUID as their customer, which no scope but All covers.
		{Name: "audit_entry", Key: "customer_id"},
		{Name: "data_key", Key: "customer_id", Travel: Stays}, // the zero UUID likewise for the instance's own
		// Mail of the instance (sign-in, administrators) carries the zero UUID likewise.
		{Name: "mail_setting", Key: "customer_id"},
		{Name: "mail_message", Key: "customer_id", Travel: Leaves},
		{Name: "mail_attachment", Key: "customer_id", Travel: Leaves},
		{Name: "mail_event", Key: "customer_id", Travel: Leaves},
		{Name: "mail_suppression", Key: "customer_id"},
		{Name: "approval", Key: "customer_id"},
		{Name: "webhook", Key: "customer_id"},
		{Name: "webhook_delivery", Key: "customer_id", Travel: Leaves},
		{Name: "webhook_instance"}, // which webhooks of the zero UUID are active
		{Name: "audit_feed", Key: "customer_id", Travel: Stays},
		{Name: "customer_phase", Key: "customer_id"},
		{Name: "contact", Key: "customer_id"},
		{Name: "workload", Key: "customer_id"},
		{Name: "workload_contact", Key: "customer_id"},
		{Name: "stakeholder", Key: "customer_id"},
		{Name: "supplier", Key: "customer_id"},
		{Name: "document", Key: "customer_id"},
		{Name: "milestone", Key: "customer_id"},
		{Name: "measure", Key: "customer_id"},
		{Name: "measure_need", Key: "customer_id"},
		{Name: "assessment_form", Key: "customer_id"},
		{Name: "assessment", Key: "customer_id"},
		{Name: "assessment_answer", Key: "customer_id"},
		{Name: "requirement", Key: "customer_id"},
		{Name: "access_check", Key: "customer_id"},
		{Name: "declared_inventory", Key: "customer_id"},
		{Name: "target_item", Key: "customer_id"},
		{Name: "baseline", Key: "customer_id"},
		{Name: "baseline_item", Key: "customer_id"},
		{Name: "account", Key: "customer_id"},
		{Name: "discovery_schedule", Key: "customer_id"},
		{Name: "discovery_run", Key: "customer_id"},
		{Name: "coverage", Key: "customer_id"},
		{Name: "segment", Key: "customer_id", Travel: Stays},
		{Name: "segment_bits", Key: "customer_id", Travel: Stays},
		{Name: "segment_block", Key: "customer_id", Travel: Stays},
		{Name: "segment_order", Key: "customer_id", Travel: Stays},
		{Name: "segment_fresh", Key: "customer_id", Travel: Stays},
		{Name: "ci", Key: "customer_id"},
		{Name: "ci_term", Key: "customer_id"},
		{Name: "ci_figures", Key: "customer_id", Travel: Stays},
		{Name: "ci_change", Key: "customer_id"},
		{Name: "relation", Key: "customer_id"},
		{Name: "estimate", Key: "customer_id"},
		{Name: "estimate_version", Key: "customer_id"},
		{Name: "deliverable", Key: "customer_id"},
		{Name: "deliverable_version", Key: "customer_id"},
		{Name: "launch", Key: "customer_id"},
		{Name: "launch_waiver", Key: "customer_id"},
		{Name: "launch_tick", Key: "customer_id"},
		{Name: "plan", Key: "customer_id"},
		{Name: "plan_meeting", Key: "customer_id"},
		{Name: "plan_participant", Key: "customer_id"},
		{Name: "plan_task", Key: "customer_id"},
		{Name: "statement", Key: "customer_id"},
		{Name: "statement_feed", Key: "customer_id"},
		{Name: "gap_run", Key: "customer_id"},
		{Name: "gap", Key: "customer_id"},
		{Name: "gap_change", Key: "customer_id"},
		{Name: "gap_summary", Key: "customer_id", Travel: Stays},
		{Name: "acceptance", Key: "customer_id"},
		{Name: "finding_import", Key: "customer_id"},
		{Name: "finding", Key: "customer_id"},
		{Name: "finding_match", Key: "customer_id", Travel: Stays},
		{Name: "custom_field", Key: "customer_id"},
		{Name: "custom_value", Key: "customer_id"},
		{Name: "file", Key: "customer_id"},
		{Name: "document_version", Key: "customer_id"},
		{Name: "document_review", Key: "customer_id"},
		{Name: "document_reminder", Key: "customer_id"},
		{Name: "note", Key: "customer_id"},
		{Name: "note_version", Key: "customer_id"},
		{Name: "note_mention", Key: "customer_id"},
		{Name: "watcher", Key: "customer_id"},
		{Name: "notification", Key: "customer_id"},
		{Name: "private_link", Key: "customer_id", Travel: Leaves}, // the doors are those of the instance that gave them out
		{Name: "bulk_edit", Key: "customer_id", Travel: Leaves},
		{Name: "bulk_edit_item", Key: "customer_id", Travel: Leaves},
	}
}

package seal

// Column is one column that holds sealed values.
type Column struct {
	Table, Column string
	// Key is the column whose text names the row, Place.Row. It is unique in the table.
	Key string
	// Customer is the column that says whose data key seals the row; empty where all rows are the instance's. A row in
	// which it is NULL is the instance's.
	Customer string
}

// Columns are all columns that hold sealed values. Add yours here, with the migration that makes it: what is not listed cannot
// be sealed.
func Columns() []Column {
	return []Column{
		{Table: "webhook", Column: "secret", Key: "id", Customer: "customer_id"},
		{Table: "webhook", Column: "old_secret", Key: "id", Customer: "customer_id"},
		{Table: "audit_key", Column: "sealed", Key: "id"},
		{Table: "identity_provider", Column: "client_secret", Key: "id"},
		{Table: "sign_on_session", Column: "id_token", Key: "session_key"},
		{Table: "sign_on_pending", Column: "id_token", Key: "pending_key"},
		{Table: "mail_message", Column: "link", Key: "id", Customer: "customer_id"},
		{Table: "mail_setting", Column: "server_password", Key: "customer_id", Customer: "customer_id"},
		{Table: "link_key", Key: "name", Column: "sealed"},
		{Table: "totp", Column: "secret", Key: "user_id"},
	}
}

// find gives the column of a place.
func find(all []Column, p Place) (Column, bool) {
	for _, c := range all {
		if c.Table == p.Table && c.Column == p.Column {
			return c, true
		}
	}
	return Column{}, false
}

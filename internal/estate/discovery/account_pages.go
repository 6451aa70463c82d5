package discovery

import (
	"net/http"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"vigie/internal/kit/ui"
	"vigie/internal/platform/fault"
	"vigie/internal/record/bulk"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

func (h pages) accountList() web.Lister {
	return web.Lister{DB: h.s.db, Need: permission.AccountRead, Spec: AccountSpec, Customer: "k.slug", Live: "account"}
}

func (h pages) accounts(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	p.Title, p.Active = p.T("discovery.account.list"), "accounts"
	l := h.accountList()
	if done, err := web.Download(w, r, p, a, l, "accounts", func(row AccountRow) AccountAnswer { return answerAccount(row.Account, row.Slug) }); done {
		return err
	}
	found, err := web.ReadList[AccountRow](r, p, a, l)
	if err != nil {
		return err
	}
	found.Filters(
		ui.Filter{Name: "status", Label: p.T("discovery.account.status"), Options: statusOptions(p)},
		ui.Filter{Name: "organization", Label: p.T("discovery.account.organization"), Options: []ui.Option{{Value: "true", Label: p.T("discovery.account.whole")}}},
	)
	list := found.List
	list.ID, list.Label, list.Search = "accounts", p.Title, p.T("discovery.account.search")
	list.Empty = ui.Empty{Title: p.T("discovery.account.none"), Text: p.T("discovery.account.none_text")}
	may := a.May(permission.AccountWrite)
	if may {
		list.Empty.Action = ui.Link{Label: p.T("discovery.account.add"), Href: "/accounts/new"}
	}
	bulk.Select(p, a, accountBulk().Of, false, &list, nil)
	t := ui.NewTable(list, accountColumnsOf(p), found.Items, func(row AccountRow) ui.Row {
		return ui.Row{ID: row.ID, Href: "/accounts/" + row.ID, Name: row.Account.Name}
	})
	ui.Render(w, r, http.StatusOK, accountsPage(p, t, may))
	return nil
}

func accountColumnsOf(p *ui.Page) []ui.Column[AccountRow] {
	columns := []ui.Column[AccountRow]{
		{Key: "name", Label: p.T("discovery.account.name"), Sort: true, Cell: func(r AccountRow) templ.Component { return ui.Text(r.Account.Name) }},
		{Key: "account_id", Label: p.T("discovery.account.number"), Sort: true, NoWrap: true, Cell: func(r AccountRow) templ.Component { return ui.Code(r.AccountID) }},
	}
	if wide(p) {
		columns = append(columns, ui.Column[AccountRow]{Key: "customer_name", NoWrap: true, Label: p.T("discovery.customer"),
			Cell: func(r AccountRow) templ.Component { return ui.Text(r.CustomerName.Name) }})
	}
	return append(columns,
		ui.Column[AccountRow]{Key: "status", Label: p.T("discovery.account.status"), NoWrap: true, Cell: func(r AccountRow) templ.Component { return accountState(p, r.Status) }},
		ui.Column[AccountRow]{Key: "access", Label: p.T("discovery.account.access"), Cell: func(r AccountRow) templ.Component { return accessCell(p, r.Account) }},
		ui.Column[AccountRow]{Key: "regions", Label: p.T("discovery.account.regions"), Cell: func(r AccountRow) templ.Component { return ui.Text(regionsWord(p, r.Regions.V)) }},
		ui.Column[AccountRow]{Key: "organization", Label: p.T("discovery.account.organization"), Cell: func(r AccountRow) templ.Component { return organizationCell(p, r.Account) }},
		ui.Column[AccountRow]{Key: "checked_at", Label: p.T("discovery.account.checked"), NoWrap: true, Cell: func(r AccountRow) templ.Component { return moment(p, r.CheckedAt) }},
		ui.Column[AccountRow]{Key: "created_at", Label: p.T("discovery.account.added"), Sort: true, Extra: true, NoWrap: true, Cell: func(r AccountRow) templ.Component { return moment(p, r.CreatedAt) }},
	)
}

func statusOptions(p *ui.Page) (options []ui.Option) {
	for _, s := range []AccountStatus{Reachable, Unchecked, NoEntry, OpenRole, Broken, Recorded} {
		options = append(options, ui.Option{Value: string(s), Label: p.T("discovery.status." + string(s))})
	}
	return options
}

// How an account is entered, as the form asks.
const (
	byTemplate = "template" // the role that our templates make
	byOther    = "other"    // a role by its ARN
	byOwn      = "own"      // Vigie's own credentials
)

// accountForm is the form as it was typed.
type accountForm struct {
	Customer, AccountID, Name, Access, RoleARN, Regions string
	Organization, AcceptOpenRole                        bool
	Version                                             string

	customers []ui.Option // to choose from; none where the customer is known
	member    bool        // of an organisation: its account says which accounts are taken in
	summary   []ui.FieldFault
	errors    map[string]string
}

// readAccount takes the form as it was posted.
func readAccount(r *http.Request) accountForm {
	get := func(name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
	return accountForm{Customer: get("customer"), AccountID: strings.ReplaceAll(get("account_id"), "-", ""), Name: get("name"), Access: get("access"),
		RoleARN: get("role_arn"), Regions: get("regions"), Organization: get("organization") == "true", AcceptOpenRole: get("accept_open_role") == "true",
		Version: get("version")}
}

// role is the ARN that the form means. What was typed counts even where another way is ticked: nobody types an ARN in vain.
func (f accountForm) role() string {
	switch {
	case f.RoleARN != "":
		return f.RoleARN
	case f.Access == byOwn || f.Access == byOther:
		return ""
	}
	return "arn:aws:iam::" + f.AccountID + ":role/" + RoleName
}

func (f accountForm) regions() []string {
	return strings.FieldsFunc(f.Regions, func(r rune) bool { return r == ',' || r == ';' || r == ' ' || r == '\n' || r == '\r' || r == '\t' })
}

// refuse notes what is wrong; ok is false for errors that the form cannot show.
func (f *accountForm) refuse(p *ui.Page, err error) (ok bool) {
	f.summary, f.errors, ok = web.Faults(p, err, func(field string) string {
		switch field {
		case "account_id":
			return p.T("discovery.account.number")
		case "role_arn":
			return p.T("discovery.account.role")
		case "regions":
			return p.T("discovery.account.regions")
		case "organization":
			return p.T("discovery.account.organization")
		case "customer":
			return p.T("discovery.customer")
		}
		return p.T("discovery.account.name")
	})
	return ok
}

func (h pages) newAccount(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if err := a.Require(permission.AccountWrite); err != nil {
		return err
	}
	h.accountForm(w, r, p, http.StatusOK, accountForm{Access: byTemplate})
	return nil
}

func (h pages) accountForm(w http.ResponseWriter, r *http.Request, p *ui.Page, status int, f accountForm) {
	p.Title, p.Active = p.T("discovery.account.add"), "accounts"
	p.Crumbs = []ui.Link{{Label: p.T("discovery.account.list"), Href: "/accounts"}}
	if p.Customer == nil {
		f.customers = customerOptions(p)
	}
	ui.Render(w, r, status, newAccountPage(p, f))
}

func (h pages) addAccount(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if err := a.Require(permission.AccountWrite); err != nil {
		return err
	}
	f := readAccount(r)
	acc, err := func() (Account, error) {
		customer, err := h.chosen(r, p, a)
		if err != nil {
			return Account{}, err
		}
		role := f.role()
		if f.Access == byTemplate && !accountNumber.MatchString(f.AccountID) {
			role = f.RoleARN // the number is what is wrong, not the role that we would make of it
		}
		return h.s.AddAccount(r.Context(), a, customer, CreateAccount{AccountID: f.AccountID, Name: f.Name, RoleARN: role, Regions: f.regions(),
			Organization: f.Organization, AcceptOpenRole: f.AcceptOpenRole})
	}()
	if err != nil {
		if !f.refuse(p, err) {
			return err
		}
		h.accountForm(w, r, p, web.Status(err), f)
		return nil
	}
	return web.Done(w, r, p, "/accounts/"+acc.ID, p.T("discovery.account.done_add", "name", acc.Name))
}

// one reads an account and the customer that it belongs to.
func (h pages) one(r *http.Request, p *ui.Page, a permission.Actor) (Account, ui.Customer, error) {
	acc, err := h.s.Account(r.Context(), a, r.PathValue("id"))
	if err != nil {
		return acc, ui.Customer{}, err
	}
	owner, err := h.owner(r, p, a, acc.CustomerID)
	return acc, owner, err
}

func (h pages) account(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	acc, owner, err := h.one(r, p, a)
	if err != nil {
		return err
	}
	within, err := h.reach(r, a, acc)
	if err != nil {
		return err
	}
	p.Title, p.Active = acc.Name, "accounts"
	p.Crumbs = []ui.Link{{Label: p.T("discovery.account.list"), Href: "/accounts"}}
	v := accountView{Account: acc, owner: owner, reach: within, write: a.May(permission.AccountWrite) && acc.Status != Recorded,
		run: a.May(permission.DiscoveryRun) && acc.Status != Recorded, remove: a.May(permission.AccountWrite), cover: a.May(permission.DiscoveryRead)}
	if v.write && acc.RoleARN != "" {
		v.principal, v.texts = p.Query.Get("principal"), h.accessTexts(p, acc)
	}
	if v.activity, err = h.shell.Around(r, p, a, "account", acc.ID); err != nil {
		return err
	}
	ui.Render(w, r, http.StatusOK, accountPage(p, v))
	return nil
}

func (h pages) editAccount(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	acc, _, err := h.one(r, p, a)
	if err == nil {
		err = a.Require(permission.AccountWrite)
	}
	if err != nil {
		return err
	}
	f := accountForm{AccountID: acc.AccountID, Name: acc.Name, RoleARN: acc.RoleARN, Regions: strings.Join(acc.Regions.V, ", "), Organization: acc.Organization,
		AcceptOpenRole: acc.AcceptOpenRole, Version: number(acc.Version)}
	h.editForm(w, r, p, http.StatusOK, acc, f)
	return nil
}

func (h pages) editForm(w http.ResponseWriter, r *http.Request, p *ui.Page, status int, acc Account, f accountForm) {
	p.Title, p.Active = p.T("discovery.account.edit_title", "name", acc.Name), "accounts"
	p.Crumbs = []ui.Link{{Label: p.T("discovery.account.list"), Href: "/accounts"}, {Label: acc.Name, Href: "/accounts/" + acc.ID}}
	f.AccountID, f.member = acc.AccountID, acc.OrganizationOf != ""
	ui.Render(w, r, status, editAccountPage(p, acc, f))
}

func (h pages) changeAccount(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	acc, _, err := h.one(r, p, a)
	if err != nil {
		return err
	}
	f := readAccount(r)
	regions := f.regions()
	in := UpdateAccount{Name: &f.Name, RoleARN: &f.RoleARN, Regions: &regions, AcceptOpenRole: &f.AcceptOpenRole, Version: web.Version(r)}
	if acc.OrganizationOf == "" {
		in.Organization = &f.Organization
	}
	if f.Name == "" {
		in.Name = &acc.AccountID
	}
	_, edit, err := h.s.editAccount(r.Context(), a, acc.ID, "account.update", in.Version, in.apply, true)
	if err != nil {
		if !f.refuse(p, err) {
			return err
		}
		h.editForm(w, r, p, web.Status(err), acc, f)
		return nil
	}
	return web.DoneWithUndo(w, r, p, "/accounts/"+acc.ID, p.T("discovery.account.done_edit"), edit)
}

func (h pages) checkAccount(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if _, _, err := h.one(r, p, a); err != nil {
		return err
	}
	acc, err := h.s.CheckAccount(r.Context(), a, r.PathValue("id"))
	if err != nil {
		return err
	}
	tone := ui.Bad
	if acc.Status == Reachable {
		tone = ui.Good
	}
	ui.Flash(w, r, ui.Toast{Tone: tone, Text: checkWord(p, acc.Status)})
	ui.Redirect(w, r, p.In("/accounts/"+acc.ID))
	return nil
}

// i18n: discovery.check.*
func checkWord(p *ui.Page, s AccountStatus) string { return p.T("discovery.check." + string(s)) }

// doomAccount asks the question of the dialog where there is no script.
func (h pages) doomAccount(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	acc, owner, err := h.one(r, p, a)
	if err == nil {
		err = a.Require(permission.AccountWrite)
	}
	if err != nil {
		return err
	}
	within, err := h.reach(r, a, acc)
	if err != nil {
		return err
	}
	p.Title, p.Active = p.T("discovery.account.remove_title", "name", acc.Name), "accounts"
	p.Crumbs = []ui.Link{{Label: p.T("discovery.account.list"), Href: "/accounts"}, {Label: acc.Name, Href: "/accounts/" + acc.ID}}
	ui.Render(w, r, http.StatusOK, doomPage(p, accountView{Account: acc, owner: owner, reach: within}))
	return nil
}

func (h pages) removeAccount(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	acc, _, err := h.one(r, p, a)
	if err != nil {
		return err
	}
	err = h.s.RemoveAccount(r.Context(), a, acc.ID, web.Version(r))
	if fault.Is(err, fault.Conflict) {
		return web.Refused(w, r, p, "/accounts/"+acc.ID, err)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, p, "/accounts", p.T("discovery.account.done_remove", "name", acc.Name))
}

// accountView is an account as its page shows it.
type accountView struct {
	Account
	owner                     ui.Customer
	principal                 string // as whom Vigie runs, as the address says
	texts                     []accessText
	reach                     reach
	write, run, remove, cover bool
	activity                  web.Activity
}

// doomed names what goes with an account.
func (v accountView) doomed(p *ui.Page) ui.Doomed {
	things := []string{p.T("discovery.account.doom_account", "name", v.Name, "account", v.AccountID)}
	if n := len(v.reach.Members); n > 0 {
		things = append(things, p.N("discovery.account.doom_members", n))
	}
	things = append(things, p.N("discovery.account.doom_scopes", int(v.reach.Scopes)))
	return ui.Doomed{ID: "remove", Title: p.T("discovery.account.remove_title", "name", v.Name), Text: p.N("discovery.account.doom_text", int(v.reach.Items)),
		Things: things, Action: p.In("/accounts/" + v.ID + "/remove"), Confirm: p.T("discovery.account.remove_confirm"),
		Hidden: []ui.TagPair{{Key: "version", Value: number(v.Version)}}}
}

// troubled tells that the account was checked and cannot be read.
func (v accountView) troubled() bool {
	return slices.Contains([]AccountStatus{OpenRole, NoEntry, Broken}, v.Status)
}

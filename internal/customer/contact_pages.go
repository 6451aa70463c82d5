package customer

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"vigie/internal/kit/ui"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

// contactForm is the form of a contact as it was typed. ID is empty for a new one.
type contactForm struct {
	ID, Name, Email, Phone, Job, Version string

	summary  []ui.FieldFault
	errors   map[string]string
	activity web.Activity
}

func readContact(r *http.Request) contactForm {
	get := func(name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
	return contactForm{ID: r.PathValue("id"), Name: get("name"), Email: get("email"), Phone: get("phone"), Job: get("job"), Version: get("version")}
}

func (h pages) contactForm(w http.ResponseWriter, r *http.Request, p *ui.Page, status int, c Customer, f contactForm) {
	p.Title, p.Active = p.T("customers.contact.add"), "customers"
	if f.ID != "" {
		p.Title = p.T("customers.edit_title", "name", f.Name)
	}
	p.Crumbs = []ui.Link{{Label: p.T("customers.list"), Href: "/customers"}, {Label: c.Name, Href: "/customers/" + c.Slug}}
	ui.Render(w, r, status, contactPage(p, c, f))
}

func (h pages) addContact(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	c, err := h.one(r, p, a)
	if err == nil {
		err = a.Require(permission.ContactWrite)
	}
	if err != nil {
		return err
	}
	h.contactForm(w, r, p, http.StatusOK, c, contactForm{})
	return nil
}

func (h pages) createContact(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	return h.saveContact(w, r, p, a, func(c Customer, f contactForm) error {
		_, err := h.s.CreateContact(r.Context(), a, NewContact{Customer: c.ID, Name: f.Name, Email: f.Email, Phone: f.Phone, Job: f.Job})
		return err
	})
}

func (h pages) updateContact(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	return h.saveContact(w, r, p, a, func(c Customer, f contactForm) error {
		if err := h.within(r, a, c); err != nil {
			return err
		}
		_, err := h.s.UpdateContact(r.Context(), a, f.ID, versionOf(f.Version), ChangeContact{Name: &f.Name, Email: &f.Email, Phone: &f.Phone, Job: &f.Job})
		return err
	})
}

func (h pages) saveContact(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor, save func(Customer, contactForm) error) error {
	c, err := h.one(r, p, a)
	if err != nil {
		return err
	}
	if err := web.ParseForm(w, r); err != nil {
		return err
	}
	f := readContact(r)
	if err := save(c, f); err != nil {
		var ok bool
		if f.summary, f.errors, ok = web.Faults(p, err, label(p)); !ok {
			return err
		}
		h.contactForm(w, r, p, web.Status(err), c, f)
		return nil
	}
	return web.Done(w, r, p, "/customers/"+c.Slug, p.T("customers.contact.done"))
}

// within refuses a contact that the address puts under another customer than its own.
func (h pages) within(r *http.Request, a permission.Actor, c Customer) error {
	found, err := h.s.Contact(r.Context(), a, r.PathValue("id"))
	if err == nil && found.Customer != c.Slug {
		err = fault.New(fault.NotFound, "fault.not_found")
	}
	return err
}

func (h pages) editContact(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	c, err := h.one(r, p, a)
	if err == nil {
		err = h.within(r, a, c)
	}
	if err == nil {
		err = a.Require(permission.ContactWrite)
	}
	if err != nil {
		return err
	}
	found, err := h.s.Contact(r.Context(), a, r.PathValue("id"))
	if err != nil {
		return err
	}
	activity, err := h.shell.Around(r, p, a, "contact", found.ID)
	if err != nil {
		return err
	}
	h.contactForm(w, r, p, http.StatusOK, c, contactForm{activity: activity, ID: found.ID, Name: found.Name, Email: found.Email, Phone: found.Phone, Job: found.Job,
		Version: strconv.FormatInt(found.Version, 10)})
	return nil
}

func (h pages) removeContact(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	c, err := h.one(r, p, a)
	if err == nil {
		err = h.within(r, a, c)
	}
	if err != nil {
		return err
	}
	if err := web.ParseForm(w, r); err != nil {
		return err
	}
	if err := h.s.DeleteContact(r.Context(), a, r.PathValue("id"), versionOf(r.PostFormValue("version"))); err != nil {
		return web.Refused(w, r, p, "/customers/"+c.Slug, err)
	}
	return web.Done(w, r, p, "/customers/"+c.Slug, p.T("customers.contact.done_remove"))
}

// localTime is what the clock on the customer's wall shows.
func localTime(p *ui.Page, zone string) string {
	at, err := time.LoadLocation(zone)
	if err != nil {
		return ""
	}
	return p.Now().In(at).Format("15:04")
}

func contactAction(c Customer, f contactForm) string {
	if f.ID == "" {
		return "/customers/" + c.Slug + "/contacts/new"
	}
	return "/customers/" + c.Slug + "/contacts/" + f.ID
}

package customer

import (
	"context"
	"net/http"

	"vigie/internal/kit/api"
	"vigie/internal/kit/list"
	"vigie/internal/record/bulk"
	"vigie/internal/record/intake"
	"vigie/internal/record/register"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/subject"
	"vigie/internal/trust/web"
)

// Registers are the registers of this room.
type Registers struct {
	Contacts     *register.Register[Contact]
	Stakeholders *register.Register[Stakeholder]
	Suppliers    *register.Register[Supplier]
}

// OpenRegisters makes them stand on their parts.
func OpenRegisters(p register.Parts) Registers {
	return Registers{register.Define(contacts, p), register.Define(stakeholders, p), register.Define(suppliers, p)}
}

// Registered is a register whatever its struct.
type Registered interface {
	Register(*api.API)
	Pages(*http.ServeMux, *web.Shell)
	Patterns() []string
	Keys() []string
	Fields() []register.Field
	Kind() subject.Kind
	Intake() intake.Target
	Editable() bulk.Removable
	Spec() list.Spec
}

// All lists them in the order of the rail.
func (r Registers) All() []Registered {
	return []Registered{r.Contacts, r.Stakeholders, r.Suppliers}
}

// Intakes are the registers as lists that take files in.
func (s *Service) Intakes() []intake.Target {
	var out []intake.Target
	for _, r := range s.Registers.All() {
		out = append(out, r.Intake())
	}
	return out
}

// Join gives the registers what only the whole instance has: every type of record that a field may name, and what other rooms show
// beside a record. It is called before anything is served.
func (s *Service) Join(p register.Parts) {
	p.DB = s.db
	s.Registers = OpenRegisters(p)
}

// CreateContact adds a contact. Faults: invalid (also for a customer whom the actor does not see), forbidden.
func (s *Service) CreateContact(ctx context.Context, a permission.Actor, in NewContact) (Contact, error) {
	return s.Registers.Contacts.Create(ctx, a, in.Customer, register.As(Contact{Name: in.Name, Email: in.Email, Phone: in.Phone, Job: in.Job}))
}

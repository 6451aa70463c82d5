package app

import (
	"vigie/internal/trust/scim"
)

// provisioning wires what directories keep here: sso decides what becomes of accounts, and hears of the directory when somebody signs in.
func (a *App) provisioning() {
	a.SCIM = scim.New(scim.Parts{DB: a.db, Clock: a.opts.Clock, Log: a.opts.Telemetry.Log, Bundle: a.bundle, SignOn: a.SignOn, PublicURL: a.opts.PublicURL})
	a.SignOn.Join(a.SCIM)
	a.SignOn.Section = scim.Section(a.SCIM)
}

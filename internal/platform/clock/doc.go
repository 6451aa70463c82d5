// Package clock is the only place in Vigie that asks the machine for the time.
//
// It owns the Clock interface, the System clock that production wires in, and
// the Manual clock that tests move by hand. Everything else receives a Clock
// and calls Now on it: SLA deadlines, session expiry and "last seen" are then
// tested by moving the clock instead of by waiting.
//
// It never schedules. Work that is due is a row with a due time which a job
// finds (see ARCHITECTURE.md), so there are no timers or tickers here.
package clock

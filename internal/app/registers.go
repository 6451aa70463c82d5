package app

import "time"

// Now is the instance's time, for what is told about today.
func (a *App) Now() time.Time { return a.opts.Clock.Now() }

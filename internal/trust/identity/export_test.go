package identity

import "time"

// CodeAt is what an authenticator app shows at a moment.
func CodeAt(secret []byte, at time.Time) string { return totpCode(secret, at.Unix()/30) }

package customer

import (
	"regexp"
	"time"
	_ "time/tzdata" // zones must mean the same on every machine, and exist on those without any

	"golang.org/x/text/language"
)

var twoCapitals = regexp.MustCompile(`^[A-Z]{2}$`)

// isCountry tells whether the code is one that ISO 3166-1 has given to a country.
func isCountry(code string) bool {
	if !twoCapitals.MatchString(code) {
		return false
	}
	r, err := language.ParseRegion(code)
	return err == nil && r.IsCountry() && r.String() == code && r.Canonicalize() == r
}

// ValidZone tells whether the name is an IANA time zone. "Local" would mean another zone on every machine.
func ValidZone(name string) bool {
	if name == "" || name == "Local" {
		return false
	}
	_, err := time.LoadLocation(name)
	return err == nil
}

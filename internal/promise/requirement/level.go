package requirement

import (
	"fmt"
	"strings"
)

// Level is what a supplier undertakes for one kind of part.
type Level struct {
	Type     string  `yaml:"type"`
	When     *When   `yaml:"when"`
	Figure   float64 `yaml:"figure"`   // per cent
	Together float64 `yaml:"together"` // per cent for several in several zones; 0 where nothing is said
	Source   string  `yaml:"source"`
	Edition  string  `yaml:"edition"`
}

// When is a condition on one attribute: that it is a value, that it is there ("set"), or how its text begins.
type When struct {
	Attribute string `yaml:"attribute"`
	Is        any    `yaml:"is"`
	Prefix    string `yaml:"prefix"`
}

func (w *When) fits(attributes map[string]any) bool {
	if w == nil {
		return true
	}
	v, there := attributes[w.Attribute]
	switch {
	case !there:
		return false
	case w.Prefix != "":
		text, ok := v.(string)
		return ok && strings.HasPrefix(text, w.Prefix)
	case w.Is == "set":
		return v != "" && v != nil
	}
	return v == w.Is
}

// Levels are tried in their order.
type Levels []Level

// of gives what is undertaken for a part; ok is false where nobody says anything.
func (l Levels) of(p Part) (Level, bool) {
	for _, level := range l {
		if level.Type == p.Type && level.When.fits(p.Attributes) {
			return level, true
		}
	}
	return Level{}, false
}

func (l Level) wrong() string {
	switch {
	case l.Type == "" || l.Source == "":
		return "a type and a source are needed"
	case l.Figure <= 0 || l.Figure > 100:
		return fmt.Sprintf("%s: figure %v is no share in per cent", l.Type, l.Figure)
	case l.Together != 0 && (l.Together < l.Figure || l.Together > 100):
		return fmt.Sprintf("%s: together %v is less than one alone", l.Type, l.Together)
	case l.When != nil && (l.When.Attribute == "" || (l.When.Is == nil) == (l.When.Prefix == "")):
		return l.Type + ": the condition needs an attribute, and either is or prefix"
	}
	return ""
}

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

func (l Levels) check() error {
	for i, level := range l {
		switch {
		case level.Type == "" || level.Source == "":
			return fmt.Errorf("level %d needs a type and a source", i+1)
		case level.Figure <= 0 || level.Figure > 100:
			return fmt.Errorf("level %d, %s: figure %v is no share in per cent", i+1, level.Type, level.Figure)
		case level.Together != 0 && (level.Together < level.Figure || level.Together > 100):
			return fmt.Errorf("level %d, %s: together %v is less than one alone", i+1, level.Type, level.Together)
		case level.When != nil && (level.When.Attribute == "" || (level.When.Is == nil) == (level.When.Prefix == "")):
			return fmt.Errorf("level %d, %s: the condition needs an attribute, and either is or prefix", i+1, level.Type)
		}
	}
	return nil
}

package question

// Progress is how far a part of an assessment has come, of the questions that are shown.
type Progress struct {
	Answered int `json:"answered"`
	Shown    int `json:"shown"`
	Missing  int `json:"missing" doc:"Required and not answered."`
}

// Done tells whether nothing required is missing, and something is answered.
func (p Progress) Done() bool { return p.Missing == 0 && p.Answered > 0 }

func (p Progress) plus(o Progress) Progress {
	return Progress{p.Answered + o.Answered, p.Shown + o.Shown, p.Missing + o.Missing}
}

// Standing is how far all of an assessment has come.
type Standing struct {
	All      Progress
	Sections map[string]Progress
	Missing  []string // required questions without an answer, in order
}

// Stand works out the standing of some answers.
func (q Questionnaire) Stand(a Answers) Standing {
	shown, live := q.Shown(a)
	out := Standing{Sections: map[string]Progress{}, Missing: []string{}}
	for _, s := range q.Sections {
		var p Progress
		for _, x := range s.Questions {
			if !shown[x.ID] {
				continue
			}
			p.Shown++
			if _, ok := live[x.ID]; ok {
				p.Answered++
			} else if x.Required {
				p.Missing++
				out.Missing = append(out.Missing, x.ID)
			}
		}
		out.Sections[s.ID] = p
		out.All = out.All.plus(p)
	}
	return out
}

// within narrows a standing to some sections; none is all.
func (st Standing) within(q Questionnaire, reaches func(section string) bool) Standing {
	out := Standing{Sections: map[string]Progress{}, Missing: []string{}}
	for _, s := range q.Sections {
		if reaches(s.ID) {
			out.Sections[s.ID] = st.Sections[s.ID]
			out.All = out.All.plus(st.Sections[s.ID])
		}
	}
	for _, m := range st.Missing {
		if reaches(q.Of(m)) {
			out.Missing = append(out.Missing, m)
		}
	}
	return out
}

package scim

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/trust/identity"
)

// maxBody is far above a user, and enough for a group of some twenty thousand.
const maxBody = 2 << 20

// answer is what a request gets.
type answer struct {
	status int
	body   any
	tag    string // ETag
	at     string // Location
}

type handler func(r *http.Request, d directory) (answer, error)

// Admit lets a request wait for its turn, by its token and the customer of its provider; token is empty for nobody's. Faults: limited.
type Admit func(r *http.Request, token, customer string) (leave func(), err error)

// Handler answers below Path, who comes with a token; admit may be nil.
func (s *Service) Handler(admit Admit) http.Handler {
	if admit == nil {
		admit = func(*http.Request, string, string) (func(), error) { return func() {}, nil }
	}
	mux := http.NewServeMux()
	for pattern, h := range map[string]handler{
		"GET /scim/v2/ServiceProviderConfig": s.getConfig,
		"GET /scim/v2/ResourceTypes":         s.getTypes,
		"GET /scim/v2/ResourceTypes/{name}":  s.getType,
		"GET /scim/v2/Schemas":               s.getSchemas,
		"GET /scim/v2/Schemas/{urn}":         s.getSchema,
		"GET /scim/v2/Users":                 s.listOf(users),
		"POST /scim/v2/Users":                s.postUser,
		"POST /scim/v2/Users/.search":        s.searchOf(users),
		"GET /scim/v2/Users/{id}":            s.getUser,
		"PUT /scim/v2/Users/{id}":            s.putUser,
		"PATCH /scim/v2/Users/{id}":          s.changeUser,
		"DELETE /scim/v2/Users/{id}":         s.dropUser,
		"GET /scim/v2/Groups":                s.listOf(groups),
		"POST /scim/v2/Groups":               s.postGroup,
		"POST /scim/v2/Groups/.search":       s.searchOf(groups),
		"GET /scim/v2/Groups/{id}":           s.getGroup,
		"PUT /scim/v2/Groups/{id}":           s.putGroup,
		"PATCH /scim/v2/Groups/{id}":         s.changeGroup,
		"DELETE /scim/v2/Groups/{id}":        s.dropGroup,
		"/scim/v2/":                          s.nothing,
	} {
		mux.Handle(pattern, s.speak(admit, h))
	}
	return mux
}

// speak lets a directory in by its token, and writes what it is answered.
func (s *Service) speak(admit Admit, h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		d, err := s.authenticate(r)
		leave, full := admit(r, d.actor.Via, d.customer)
		if full != nil {
			s.refuse(w, r, full)
			return
		}
		defer leave()
		var a answer
		if err == nil {
			a, err = h(r, d)
		}
		if err != nil {
			s.refuse(w, r, err)
			return
		}
		if a.tag != "" {
			w.Header().Set("ETag", a.tag)
			if r.Method == http.MethodGet && r.Header.Get("If-None-Match") != "" && !strings.Contains(r.Header.Get("If-None-Match"), "*") && seen(r.Header.Get("If-None-Match"), a.tag) {
				w.WriteHeader(http.StatusNotModified)
				return
			}
		}
		if a.at != "" {
			w.Header().Set("Location", a.at)
		}
		if a.body == nil {
			w.WriteHeader(a.status)
			return
		}
		s.write(w, r, a.status, a.body)
	})
}

func seen(header, tag string) bool {
	for _, t := range strings.Split(header, ",") {
		if strings.TrimPrefix(strings.TrimSpace(t), "W/") == strings.TrimPrefix(tag, "W/") {
			return true
		}
	}
	return false
}

func (s *Service) write(w http.ResponseWriter, r *http.Request, status int, body any) {
	w.Header().Set("Content-Type", "application/scim+json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		s.log.WarnContext(r.Context(), "answer a directory", "error", err)
	}
}

// refuse answers an error in the form of SCIM. What nobody outside may see is logged under an id.
func (s *Service) refuse(w http.ResponseWriter, r *http.Request, err error) {
	p := s.bundle.Printer(s.bundle.Negotiate(r.Header.Get("Accept-Language")), time.UTC, s.clock.Now())
	var no *refusal
	var f *fault.Error
	var large *http.MaxBytesError
	status, kind, text := http.StatusInternalServerError, "", ""
	switch {
	case errors.As(err, &no):
		status, kind, text = no.status, no.kind, p.T(no.key, no.args...)
	case errors.As(err, &large):
		status, text = http.StatusRequestEntityTooLarge, p.T("scim.large", "max", maxBody>>20)
	case errors.As(err, &f) && f.Code == fault.Limited:
		status, text = http.StatusTooManyRequests, p.T(f.Key, f.Args)
		if n, ok := f.Args["seconds"].(int); ok {
			w.Header().Set("Retry-After", strconv.Itoa(n))
		}
	case errors.As(err, &f) && f.Code == fault.Conflict:
		status, text = http.StatusConflict, p.T(f.Key, f.Args)
	case errors.As(err, &f) && f.Code == fault.Invalid:
		status, kind, text = http.StatusBadRequest, invalidValue, p.T(f.Key, f.Args)
		for _, field := range f.Fields {
			text += " " + field.Path + ": " + p.T(field.Key, field.Args)
		}
	default:
		ref := id.New()
		s.log.ErrorContext(r.Context(), "directory", "id", ref, "method", r.Method, "path", r.URL.Path, "error", err)
		text = p.T("scim.broken", "id", ref)
	}
	if status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="scim"`)
	}
	body := map[string]any{"schemas": []string{message + "Error"}, "status": strconv.Itoa(status), "detail": text}
	if kind != "" {
		body["scimType"] = kind
	}
	s.write(w, r, status, body)
}

func (s *Service) nothing(*http.Request, directory) (answer, error) {
	return answer{}, missing()
}

// authenticate finds the directory of a token.
func (s *Service) authenticate(r *http.Request) (directory, error) {
	none := &refusal{http.StatusUnauthorized, "", "scim.unauthorized", nil}
	scheme, secret, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return directory{}, none
	}
	d, err := s.byToken(r.Context(), strings.TrimSpace(secret), identity.Address(r))
	if fault.Is(err, fault.NotFound) {
		err = none
	}
	return d, err
}

// sent reads the body, as JSON.
func sent[T any](r *http.Request) (out T, err error) {
	kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	switch strings.ToLower(strings.TrimSpace(kind)) {
	case "application/scim+json", "application/json", "":
	default:
		return out, &refusal{http.StatusUnsupportedMediaType, "", "scim.media", nil}
	}
	d := json.NewDecoder(r.Body)
	if err := d.Decode(&out); err != nil {
		return out, unread(err)
	}
	if err := d.Decode(new(any)); !errors.Is(err, io.EOF) {
		return out, unread(err)
	}
	return out, nil
}

func unread(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return err
	}
	return bad(invalidSyntax, "json")
}

// resourceSent reads a resource, which names its schema.
func resourceSent(r *http.Request, of resource) (map[string]any, error) {
	doc, err := sent[map[string]any](r)
	if err != nil {
		return nil, err
	}
	return doc, claims(doc, of.Core.URN)
}

// claims holds that what was sent names its schema.
func claims(doc map[string]any, urn string) error {
	for key, v := range doc {
		if !strings.EqualFold(key, "schemas") {
			continue
		}
		list, _ := v.([]any)
		for _, s := range list {
			if t, ok := s.(string); ok && strings.EqualFold(t, urn) {
				return nil
			}
		}
	}
	return bad(invalidSyntax, "schema", "urn", urn)
}

// patchSent reads the operations of a PATCH. Names are taken in any case.
func patchSent(r *http.Request) ([]operation, error) {
	doc, err := sent[map[string]json.RawMessage](r)
	if err != nil {
		return nil, err
	}
	var ops []operation
	named := false
	for key, raw := range doc {
		switch {
		case strings.EqualFold(key, "Operations"):
			err = json.Unmarshal(raw, &ops)
		case strings.EqualFold(key, "schemas"):
			var list []any
			if err = json.Unmarshal(raw, &list); err == nil {
				named = claims(map[string]any{"schemas": list}, message+"PatchOp") == nil
			}
		}
		if err != nil {
			return nil, bad(invalidSyntax, "json")
		}
	}
	if !named {
		return nil, bad(invalidSyntax, "schema", "urn", message+"PatchOp")
	}
	return ops, nil
}

func shapeOf(r *http.Request, of resource) shape {
	q := r.URL.Query()
	return of.readShape(strings.Join(q["attributes"], ","), strings.Join(q["excludedAttributes"], ","))
}

// shownAs is the answer of one resource.
func shownAs(status int, doc map[string]any, as shape, err error) (answer, error) {
	if err != nil {
		return answer{}, err
	}
	meta, _ := doc["meta"].(map[string]any)
	a := answer{status: status, body: as.of(doc)}
	a.tag, _ = meta["version"].(string)
	if status == http.StatusCreated {
		a.at, _ = meta["location"].(string)
	}
	return a, nil
}

func (s *Service) getUser(r *http.Request, d directory) (answer, error) {
	as := shapeOf(r, users)
	doc, err := s.user(r.Context(), d, r.PathValue("id"))
	return shownAs(http.StatusOK, doc, as, err)
}

func (s *Service) postUser(r *http.Request, d directory) (answer, error) {
	as := shapeOf(r, users)
	doc, err := resourceSent(r, users)
	if err == nil {
		doc, err = s.createUser(r.Context(), d, doc)
	}
	return shownAs(http.StatusCreated, doc, as, err)
}

func (s *Service) putUser(r *http.Request, d directory) (answer, error) {
	as := shapeOf(r, users)
	doc, err := resourceSent(r, users)
	if err == nil {
		doc, err = s.replaceUser(r.Context(), d, r.PathValue("id"), r.Header.Get("If-Match"), doc)
	}
	return shownAs(http.StatusOK, doc, as, err)
}

func (s *Service) changeUser(r *http.Request, d directory) (answer, error) {
	as := shapeOf(r, users)
	ops, err := patchSent(r)
	if err != nil {
		return answer{}, err
	}
	doc, err := s.patchUser(r.Context(), d, r.PathValue("id"), r.Header.Get("If-Match"), ops)
	return shownAs(http.StatusOK, doc, as, err)
}

func (s *Service) dropUser(r *http.Request, d directory) (answer, error) {
	return answer{status: http.StatusNoContent}, s.deleteUser(r.Context(), d, r.PathValue("id"), r.Header.Get("If-Match"))
}

func (s *Service) getGroup(r *http.Request, d directory) (answer, error) {
	as := shapeOf(r, groups)
	doc, err := s.group(r.Context(), d, r.PathValue("id"), as)
	return shownAs(http.StatusOK, doc, as, err)
}

func (s *Service) postGroup(r *http.Request, d directory) (answer, error) {
	as := shapeOf(r, groups)
	doc, err := resourceSent(r, groups)
	if err == nil {
		doc, err = s.createGroup(r.Context(), d, doc, as)
	}
	return shownAs(http.StatusCreated, doc, as, err)
}

func (s *Service) putGroup(r *http.Request, d directory) (answer, error) {
	as := shapeOf(r, groups)
	doc, err := resourceSent(r, groups)
	if err == nil {
		doc, err = s.replaceGroup(r.Context(), d, r.PathValue("id"), r.Header.Get("If-Match"), doc, as)
	}
	return shownAs(http.StatusOK, doc, as, err)
}

// changeGroup answers without the group, which may have thousands of members, unless attributes are asked for.
func (s *Service) changeGroup(r *http.Request, d directory) (answer, error) {
	as := shapeOf(r, groups)
	ops, err := patchSent(r)
	if err != nil {
		return answer{}, err
	}
	if !as.some {
		as.without = groups.readShape("", "members").without
	}
	doc, err := s.patchGroup(r.Context(), d, r.PathValue("id"), r.Header.Get("If-Match"), ops, as)
	a, err := shownAs(http.StatusOK, doc, as, err)
	if !as.some {
		a.status, a.body = http.StatusNoContent, nil
	}
	return a, err
}

func (s *Service) dropGroup(r *http.Request, d directory) (answer, error) {
	return answer{status: http.StatusNoContent}, s.deleteGroup(r.Context(), d, r.PathValue("id"), r.Header.Get("If-Match"))
}

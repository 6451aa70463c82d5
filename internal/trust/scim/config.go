package scim

import (
	"net/http"
	"strings"
)

func (s *Service) getConfig(*http.Request, directory) (answer, error) {
	on := func(yes bool) map[string]any { return map[string]any{"supported": yes} }
	return answer{status: http.StatusOK, body: map[string]any{
		"schemas":          []string{"urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"},
		"documentationUri": "https://www.rfc-editor.org/rfc/rfc7644",
		"patch":            on(true), "sort": on(true), "etag": on(true), "changePassword": on(false),
		"bulk":   map[string]any{"supported": false, "maxOperations": 0, "maxPayloadSize": 0},
		"filter": map[string]any{"supported": true, "maxResults": maxPage},
		"authenticationSchemes": []map[string]any{{"type": "oauthbearertoken", "name": "Bearer token", "description": "A token of the identity provider, made on its page.",
			"specUri": "https://www.rfc-editor.org/rfc/rfc6750", "primary": true}},
		"meta": map[string]any{"resourceType": "ServiceProviderConfig", "location": s.base + "/ServiceProviderConfig"},
	}}, nil
}

func (s *Service) describe(r resource) map[string]any {
	extensions := []map[string]any{}
	for _, e := range r.Extensions {
		extensions = append(extensions, map[string]any{"schema": e.URN, "required": false})
	}
	return map[string]any{"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:ResourceType"}, "id": r.Name, "name": r.Name, "endpoint": r.Endpoint, "description": r.About,
		"schema": r.Core.URN, "schemaExtensions": extensions, "meta": map[string]any{"resourceType": "ResourceType", "location": s.base + "/ResourceTypes/" + r.Name}}
}

func (s *Service) getTypes(*http.Request, directory) (answer, error) {
	return listAnswer([]map[string]any{s.describe(users), s.describe(groups)}, 2, 1), nil
}

func (s *Service) getType(r *http.Request, _ directory) (answer, error) {
	for _, t := range []resource{users, groups} {
		if strings.EqualFold(r.PathValue("name"), t.Name) {
			return answer{status: http.StatusOK, body: s.describe(t)}, nil
		}
	}
	return answer{}, missing()
}

func (s *Service) schemas() (out []map[string]any) {
	for _, r := range []resource{users, groups} {
		for _, x := range append([]schema{r.Core}, r.Extensions...) {
			attributes := []map[string]any{}
			for _, a := range x.Attributes {
				attributes = append(attributes, a.describe())
			}
			out = append(out, map[string]any{"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:Schema"}, "id": x.URN, "name": x.Name, "description": x.About, "attributes": attributes,
				"meta": map[string]any{"resourceType": "Schema", "location": s.base + "/Schemas/" + x.URN}})
		}
	}
	return out
}

// describe is the attribute as RFC 7643, section 7, has it.
func (a attribute) describe() map[string]any {
	pick := func(yes bool, on, off string) string {
		if yes {
			return on
		}
		return off
	}
	out := map[string]any{"name": a.Name, "type": string(a.Kind), "multiValued": a.Multi, "description": a.About, "required": a.Required, "caseExact": a.Exact,
		"mutability": pick(a.ReadOnly, "readOnly", "readWrite"), "returned": pick(a.Always, "always", "default"), "uniqueness": pick(a.Unique, "server", "none")}
	if a.Values != nil {
		out["canonicalValues"] = a.Values
	}
	if a.Refers != nil {
		out["referenceTypes"] = a.Refers
	}
	if a.Kind == whole {
		parts := []map[string]any{}
		for _, sub := range a.Sub {
			parts = append(parts, sub.describe())
		}
		out["subAttributes"] = parts
	}
	return out
}

func (s *Service) getSchemas(*http.Request, directory) (answer, error) {
	all := s.schemas()
	return listAnswer(all, len(all), 1), nil
}

func (s *Service) getSchema(r *http.Request, _ directory) (answer, error) {
	for _, x := range s.schemas() {
		if strings.EqualFold(r.PathValue("urn"), x["id"].(string)) {
			return answer{status: http.StatusOK, body: x}, nil
		}
	}
	return answer{}, missing()
}

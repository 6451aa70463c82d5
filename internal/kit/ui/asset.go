package ui

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"sync"
)

// dist is written by `npm run build` and is not in the repository; only its .gitkeep is, so that a
// fresh clone compiles and CheckAssets can say in words what is missing.
//
//go:embed all:dist
var dist embed.FS

// AssetPrefix is where the assets are served.
const AssetPrefix = "/assets/"

// manifest maps the logical name ("app.css") to the one with the hash. It is read from the binary
// itself, hence the same for every caller and every process of a version.
var manifest = sync.OnceValues(func() (map[string]string, error) {
	text, err := dist.ReadFile("dist/manifest.json")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errors.New("the front-end assets were not built into this binary: run `make generate` and build again")
	}
	if err != nil {
		return nil, fmt.Errorf("read asset manifest: %w", err)
	}
	names := map[string]string{}
	if err := json.Unmarshal(text, &names); err != nil {
		return nil, fmt.Errorf("read asset manifest: %w", err)
	}
	return names, nil
})

// CheckAssets fails when the binary was built without assets. Call it at start.
func CheckAssets() error {
	_, err := manifest()
	return err
}

// Asset is the address of an asset by its logical name, as "app.css". It is empty for an unknown name.
func Asset(name string) string {
	names, err := manifest()
	if err != nil || names[name] == "" {
		return ""
	}
	return AssetPrefix + names[name]
}

// Assets serves the files under AssetPrefix. Names carry a hash of the content, therefore browsers keep
// them for a year without asking; whatever has no hash in its name is not served.
func Assets() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		names, err := manifest()
		name := strings.TrimPrefix(r.URL.Path, AssetPrefix)
		if err != nil || !isAsset(names, name) {
			http.NotFound(w, r)
			return
		}
		head := w.Header()
		head.Set("Cache-Control", "public, max-age=31536000, immutable")
		head.Set("Vary", "Accept-Encoding")
		head.Set("Content-Type", mime.TypeByExtension(path.Ext(name)))
		head.Set("ETag", `"`+name+`"`)
		file, encoding := "dist/"+name, acceptedEncoding(r.Header.Get("Accept-Encoding"))
		if encoding != "" {
			head.Set("Content-Encoding", encoding)
			file += map[string]string{"br": ".br", "gzip": ".gz"}[encoding]
		}
		if r.Header.Get("If-None-Match") == `"`+name+`"` {
			head.Del("Content-Encoding")
			w.WriteHeader(http.StatusNotModified)
			return
		}
		body, err := dist.ReadFile(file)
		if err != nil {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write(body)
	})
}

func isAsset(names map[string]string, name string) bool {
	for _, hashed := range names {
		if hashed == name {
			return true
		}
	}
	return false
}

// acceptedEncoding picks br over gzip, and neither where the client weighs it with q=0.
func acceptedEncoding(header string) string {
	accepts := func(encoding string) bool {
		for part := range strings.SplitSeq(header, ",") {
			name, weight, _ := strings.Cut(strings.TrimSpace(part), ";")
			if strings.EqualFold(strings.TrimSpace(name), encoding) {
				weight = strings.ReplaceAll(weight, " ", "")
				return weight != "q=0" && weight != "q=0.0" && weight != "q=0.00" && weight != "q=0.000"
			}
		}
		return false
	}
	for _, encoding := range []string{"br", "gzip"} {
		if accepts(encoding) {
			return encoding
		}
	}
	return ""
}

package cmdb

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash"
	"slices"
	"strconv"
	"strings"

	"vigie/internal/estate/collect"
)

// fingerprint is a hash over everything that discovery says of a CI, so that an unchanged one is known by one comparison. The
// order of tags, attributes, keys and edges does not matter; the order within a list of an attribute does.
func fingerprint(it collect.Item) (string, error) {
	attributes, err := json.Marshal(it.Attributes) // sorts keys
	if err != nil {
		return "", fmt.Errorf("fingerprint of %s %s: %w", it.Type, it.ID, err)
	}
	h := sha256.New()
	put(h, "v1", it.Name, it.ARN, string(attributes))
	for _, k := range keysOf(it.Tags) {
		put(h, k, it.Tags[k])
	}
	put(h, "keys")
	put(h, slices.Sorted(slices.Values(it.Keys))...)
	put(h, "edges")
	edges := make([]string, len(it.Edges))
	for i, e := range it.Edges {
		edges[i] = strings.Join([]string{string(e.Type), strconv.FormatBool(e.Inbound), e.To.Type, e.To.Key, e.To.Account, e.To.Region,
			e.Redundancy, strconv.Itoa(e.Needed)}, "\x00")
	}
	slices.Sort(edges)
	put(h, slices.Compact(edges)...)
	var sum [sha256.Size]byte
	return base64.RawStdEncoding.EncodeToString(h.Sum(sum[:0])[:15]), nil
}

// put writes each text with its length before it, so that no two lists of texts look alike.
func put(h hash.Hash, texts ...string) {
	var n [20]byte
	for _, t := range texts {
		h.Write(append(strconv.AppendInt(n[:0], int64(len(t)), 10), ':'))
		h.Write([]byte(t))
	}
}

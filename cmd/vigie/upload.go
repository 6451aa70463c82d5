package main

import (
	"fmt"

	"vigie/internal/record/file"
)

// uploadFlags are what the server takes in.
type uploadFlags struct {
	UploadLimit int64    `name:"upload-limit" help:"Largest file that people may attach, in MB." default:"25" placeholder:"MB"`
	UploadQuota int64    `name:"upload-quota" help:"Space for the files of one customer, in MB." default:"10240" placeholder:"MB"`
	UploadAllow []string `name:"upload-allow" help:"Media types that are taken: application/pdf, image/*. Default: all." placeholder:"TYPE"`
	UploadDeny  []string `name:"upload-deny" help:"Media types that are refused besides programs." placeholder:"TYPE"`
}

func (f uploadFlags) limits() (l file.Limits, err error) {
	l = file.DefaultLimits()
	if f.UploadLimit < 1 || f.UploadLimit > 2048 {
		return l, fmt.Errorf("--upload-limit %d: want 1 to 2048", f.UploadLimit)
	}
	if f.UploadQuota < f.UploadLimit {
		return l, fmt.Errorf("--upload-quota %d: want no less than --upload-limit", f.UploadQuota)
	}
	l.Max, l.Quota = f.UploadLimit<<20, f.UploadQuota<<20
	allow, err := file.ParseTypes(f.UploadAllow)
	if err != nil {
		return l, fmt.Errorf("--upload-allow: %w", err)
	}
	if len(allow) > 0 {
		l.Allow = allow
	}
	deny, err := file.ParseTypes(f.UploadDeny)
	if err != nil {
		return l, fmt.Errorf("--upload-deny: %w", err)
	}
	l.Deny = append(l.Deny, deny...)
	return l, nil
}

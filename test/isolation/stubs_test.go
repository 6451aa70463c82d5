package isolation

import "testing"

func (h *house) pages(t *testing.T)    {}
func (h *house) services(t *testing.T) {}
func (h *house) jobs(t *testing.T)     {}

package pg

import (
	"context"
	"crypto/rand"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

func TestCopiesAreFilledOnceAndApart(t *testing.T) {
	t.Parallel()
	var fills atomic.Int32
	fill := func(dsn string) error {
		fills.Add(1)
		execute(t, dsn, "CREATE TABLE x AS SELECT 1 AS id")
		return nil
	}
	key := strings.ToLower(rand.Text())
	copies := make([]string, 4)
	var all sync.WaitGroup
	for i := range copies {
		all.Go(func() { copies[i] = Copy(t, key, fill) })
	}
	all.Wait()
	if n := fills.Load(); n != 1 {
		t.Errorf("filled %d times", n)
	}
	for _, dsn := range copies {
		conn := connect(t, dsn)
		var rows int
		if err := conn.QueryRow(t.Context(), "SELECT count(*) FROM x").Scan(&rows); err != nil || rows != 1 {
			t.Errorf("a copy has %d rows, want the one that was filled in: %v", rows, err)
		}
		if _, err := conn.Exec(context.Background(), "DELETE FROM x"); err != nil {
			t.Error(err)
		}
	}
}

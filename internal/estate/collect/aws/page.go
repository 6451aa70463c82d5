package aws

import (
	"context"
	"sync"

	"vigie/internal/estate/collect"
)

// each emits an item for each element of a page. An item without an ID is one to leave out.
func each[T any](ctx context.Context, s *collect.Session, list []T, item func(*T) collect.Item) error {
	items := make([]collect.Item, 0, len(list))
	for i := range list {
		if it := item(&list[i]); it.ID != "" {
			items = append(items, it)
		}
	}
	return s.Emit(ctx, items...)
}

// detailCalls is how many items of a page are asked for their details at once. The limits of the engine hold above it.
const detailCalls = 4

// eachAtOnce is each for items whose details take calls of their own: several wait for AWS at a time. item must not share
// anything unguarded.
func eachAtOnce[T any](ctx context.Context, s *collect.Session, list []T, item func(*T) collect.Item) error {
	items, next := make([]collect.Item, len(list)), make(chan int)
	var broke any
	var once sync.Once
	var calls sync.WaitGroup
	for range min(detailCalls, len(list)) {
		calls.Go(func() {
			for i := range next {
				func() {
					defer func() { // a panic must reach the collector's own goroutine, where the engine catches it
						if v := recover(); v != nil {
							once.Do(func() { broke = v })
						}
					}()
					items[i] = item(&list[i])
				}()
			}
		})
	}
	for i := range list {
		next <- i
	}
	close(next)
	calls.Wait()
	if broke != nil {
		panic(broke)
	}
	return each(ctx, s, items, func(it *collect.Item) collect.Item { return *it })
}

package db

import (
	"container/list"
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
)

// SQLite parses and plans a statement for longer than it runs most of ours, so each connection keeps the last ones that it made. database/sql
// keeps statements too, but makes them on a connection beside that of the transaction, and the writer is one.
const (
	mostKept    = 150
	longestKept = 8 << 10 // bulk statements are long, and each is another
)

// keeping makes connections that keep their statements.
type keeping struct{ driver.Connector }

// Connect implements driver.Connector.
func (k keeping) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := k.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	full, ok := c.(fullConn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("connect: %T lacks what a connection needs", c), c.Close())
	}
	return &keeper{fullConn: full, at: map[string]*list.Element{}, kept: list.New()}, nil
}

// fullConn is what the driver's connections offer, and database/sql asks for.
type fullConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// fullStmt is the same of a statement.
type fullStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// keeper is a connection with its statements, the one used last in front. database/sql uses a connection by one goroutine at a time.
type keeper struct {
	fullConn
	at   map[string]*list.Element
	kept *list.List
}

// made is a statement that is kept. It is busy while its rows are read: then the same text is made anew.
type made struct {
	text string
	stmt fullStmt
	busy bool
}

// take gives the statement of a text to run; nil where it is busy or not worth keeping.
func (k *keeper) take(ctx context.Context, text string) (*made, error) {
	if len(text) > longestKept {
		return nil, nil
	}
	if e := k.at[text]; e != nil {
		m := e.Value.(*made)
		if m.busy {
			return nil, nil
		}
		k.kept.MoveToFront(e)
		m.busy = true
		return m, nil
	}
	s, err := k.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	full, ok := s.(fullStmt)
	if !ok {
		return nil, s.Close()
	}
	m := &made{text: text, stmt: full, busy: true}
	k.at[text] = k.kept.PushFront(m)
	return m, k.shrink()
}

// shrink forgets the statements that were not used for longest.
func (k *keeper) shrink() error {
	for e := k.kept.Back(); e != nil && k.kept.Len() > mostKept; {
		m, before := e.Value.(*made), e.Prev()
		if !m.busy {
			k.kept.Remove(e)
			delete(k.at, m.text)
			if err := m.stmt.Close(); err != nil {
				return err
			}
		}
		e = before
	}
	return nil
}

// ExecContext implements driver.ExecerContext.
func (k *keeper) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	m, err := k.take(ctx, text)
	if err != nil {
		return nil, err
	}
	if m == nil {
		return k.fullConn.ExecContext(ctx, text, args)
	}
	defer func() { m.busy = false }()
	return m.stmt.ExecContext(ctx, args)
}

// QueryContext implements driver.QueryerContext.
func (k *keeper) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	m, err := k.take(ctx, text)
	if err != nil {
		return nil, err
	}
	if m == nil {
		return k.fullConn.QueryContext(ctx, text, args)
	}
	rows, err := m.stmt.QueryContext(ctx, args)
	if err != nil {
		m.busy = false
		return nil, err
	}
	return &keptRows{Rows: rows, of: m}, nil
}

// Close implements driver.Conn.
func (k *keeper) Close() error {
	var all []error
	for e := k.kept.Front(); e != nil; e = e.Next() {
		all = append(all, e.Value.(*made).stmt.Close())
	}
	k.kept.Init()
	clear(k.at)
	return errors.Join(append(all, k.fullConn.Close())...)
}

// keptRows give their statement back.
type keptRows struct {
	driver.Rows
	of *made
}

// Close implements driver.Rows.
func (r *keptRows) Close() error {
	err := r.Rows.Close()
	r.of.busy = false
	return err
}

package seal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
)

// batch is how many sealed values one transaction of a rotation looks at.
const batch = 200

// ErrNoNewMaster is returned where a rotation has no master key to go to.
var ErrNoNewMaster = errors.New("there is no new master key: make one with `vigie secret new-key`, put it in front of the old one in the file or variable that every server has, and run this again")

// Rotated is what a rotation did.
type Rotated struct {
	Master string   `json:"master"`           // id of the master key that is current now
	Keys   int64    `json:"keys"`             // data keys wrapped anew, or made
	Values int64    `json:"values"`           // values sealed anew
	Broken []string `json:"broken,omitempty"` // places whose value does not open; their old data key is kept
}

// RotateMaster makes the newest master key the current one and wraps every data key with it. Where the key is Vigie's own file, a
// new one is made. Interrupted at any point, it leaves all secrets readable, and goes on where it was when it is called again.
func (b *Box) RotateMaster(ctx context.Context, d *db.DB) (out Rotated, err error) {
	next, err := b.next(ctx, d)
	if err != nil {
		return out, err
	}
	out.Master = next.ID()
	err = d.Across(ctx, "the master key of the instance changes", func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `UPDATE {master_key} SET state = 'retired' WHERE state = 'current' AND id <> ?`, next.ID()); err != nil {
			return err
		}
		_, err := tx.Insert(ctx, "master_key", masterRow{ID: next.ID(), State: current, Since: tx.Now()}, "(id) DO UPDATE SET state = excluded.state")
		return err
	})
	if err = errors.Join(err, b.step()); err != nil {
		return out, fmt.Errorf("rotate the master key: %w", err)
	}
	for more := true; more; {
		err := d.Across(ctx, "data keys of all customers are wrapped anew", func(tx *db.Tx) (err error) {
			more, err = b.rewrap(ctx, tx, next)
			return err
		})
		if err != nil {
			return out, fmt.Errorf("rotate the master key: %w", err)
		}
		if more {
			out.Keys++
			if err := b.step(); err != nil {
				return out, err
			}
		}
	}
	return out, b.tidy(ctx)
}

// next is the master key that a rotation goes to: one that was given and is not current yet, the current one if a rotation to it
// is not whole, or one that is made now.
func (b *Box) next(ctx context.Context, d *db.DB) (Master, error) {
	var name string
	var open int64
	err := d.Across(ctx, "the master key of the instance", func(tx *db.Tx) error {
		if err := tx.Get(ctx, &name, `SELECT id FROM {master_key} WHERE state = 'current'`); err != nil {
			return err
		}
		return tx.Get(ctx, &open, `SELECT COUNT(*) FROM {data_key} WHERE master_id <> ?`, name)
	})
	if fault.Is(err, fault.NotFound) {
		return nil, ErrNoMaster
	}
	if err != nil {
		return nil, fmt.Errorf("rotate the master key: %w", err)
	}
	if err := b.reload(ctx); err != nil {
		return nil, err
	}
	newest, ok := b.newest()
	if !ok {
		return nil, ErrNoMaster
	}
	if _, held := b.held(name); !held {
		return nil, fmt.Errorf("the current master key %s was not given: keep it behind the new one until the rotation is whole", name)
	}
	switch {
	case newest.ID() != name, open > 0, b.source.ours() && b.several():
		return newest, nil
	case !b.source.ours():
		return nil, ErrNoNewMaster
	}
	old, err := os.ReadFile(filepath.Join(b.source.Folder, FileName))
	if err != nil {
		return nil, fmt.Errorf("master key: %w", err)
	}
	if err := b.source.write(NewKey() + "\n" + string(old)); err != nil {
		return nil, err
	}
	if err := errors.Join(b.reload(ctx), b.step()); err != nil {
		return nil, err
	}
	newest, _ = b.newest()
	return newest, nil
}

// several tells whether more than one master key is held.
func (b *Box) several() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.ring) > 1
}

// rewrap wraps one data key anew; false if none is left.
func (b *Box) rewrap(ctx context.Context, tx *db.Tx, next Master) (bool, error) {
	var k keyRow
	err := tx.Get(ctx, &k, `SELECT `+db.Columns[keyRow]("")+` FROM {data_key} WHERE master_id <> ? ORDER BY customer_id, id LIMIT 1`, next.ID())
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	old, err := b.master(ctx, k.MasterID)
	if err != nil {
		return false, err
	}
	key, err := unwrap(ctx, old, k)
	if err != nil {
		return false, err
	}
	if err := wrap(ctx, next, &k, key); err != nil {
		return false, err
	}
	_, err = tx.Exec(ctx, `UPDATE {data_key} SET wrapped = ?, master_id = ? WHERE customer_id = ? AND id = ?`, k.Wrapped, next.ID(), k.CustomerID, k.ID)
	return true, err
}

// tidy takes the old master keys out of our own file. They are kept beside it: backups made before need them.
func (b *Box) tidy(ctx context.Context) error {
	if !b.source.ours() || !b.several() {
		return nil
	}
	name := filepath.Join(b.source.Folder, FileName)
	text, err := os.ReadFile(name)
	if err != nil {
		return fmt.Errorf("master key: %w", err)
	}
	first, rest := "", ""
	for line := range strings.Lines(string(text)) {
		if words, _, _ := strings.Cut(line, "#"); first == "" && strings.TrimSpace(words) != "" {
			first = line
		} else {
			rest += line
		}
	}
	kept, err := os.ReadFile(name + ".retired")
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("master key: %w", err)
	}
	if !strings.Contains(string(kept), strings.TrimSpace(rest)) { // else an interrupted rotation has kept it already
		if err := replace(name+".retired", rest+string(kept)); err != nil {
			return err
		}
	}
	if err := b.step(); err != nil {
		return err
	}
	if err := b.source.write(first); err != nil {
		return err
	}
	return errors.Join(b.reload(ctx), b.step())
}

// RotateKeys gives every customer, and the instance, a new data key, and seals every value anew. Old and new values open
// meanwhile. Interrupted, it goes on when it is called again: while retired data keys are there, it is not whole.
func (b *Box) RotateKeys(ctx context.Context, d *db.DB) (out Rotated, err error) {
	out.Master = b.MasterID()
	if out.Keys, err = b.retireKeys(ctx, d); err != nil {
		return out, fmt.Errorf("rotate data keys: %w", err)
	}
	for _, c := range b.columns {
		n, broken, err := b.resealColumn(ctx, d, c)
		out.Values += n
		out.Broken = append(out.Broken, broken...)
		if err != nil {
			return out, fmt.Errorf("seal %s.%s anew: %w", c.Table, c.Column, err)
		}
	}
	if len(out.Broken) > 0 {
		return out, fmt.Errorf("%d values do not open and were left as they are, with their old data keys: %s", len(out.Broken), strings.Join(out.Broken, ", "))
	}
	// All at once: what is left of retired keys says from when on new ones were made.
	err = d.Across(ctx, "retired data keys are forgotten", func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM {data_key} WHERE state = 'retired'`)
		return err
	})
	return out, errors.Join(err, b.step())
}

// retireKeys makes the new data keys that the rotation has not made yet.
func (b *Box) retireKeys(ctx context.Context, d *db.DB) (made int64, err error) {
	var due []keyRow
	err = d.Across(ctx, "data keys of all customers", func(tx *db.Tx) error {
		var begun db.Time
		if err := tx.Get(ctx, &begun, `SELECT MIN(retired_at) FROM {data_key} WHERE state = 'retired'`); err != nil {
			return err
		}
		query, params := `SELECT `+db.Columns[keyRow]("")+` FROM {data_key} WHERE state = 'current'`, []any{}
		if !begun.IsZero() {
			query, params = query+` AND created_at < ?`, []any{begun}
		}
		return tx.Select(ctx, &due, query+` ORDER BY customer_id`, params...)
	})
	if err != nil {
		return 0, err
	}
	for _, old := range due {
		err := d.Across(ctx, "a data key is retired", func(tx *db.Tx) error {
			n, err := tx.Exec(ctx, `UPDATE {data_key} SET state = 'retired', retired_at = ? WHERE customer_id = ? AND id = ? AND state = 'current'`, tx.Now(), old.CustomerID, old.ID)
			if err != nil || n == 0 {
				return err
			}
			_, err = b.currentKey(ctx, tx, old.CustomerID)
			return err
		})
		if err != nil {
			return made, err
		}
		made++
		if err := b.step(); err != nil {
			return made, err
		}
	}
	return made, nil
}

type value struct {
	Key    string `db:"row_key"`
	Sealed string `db:"sealed"`
}

// resealColumn walks one column and seals what a retired data key has sealed.
func (b *Box) resealColumn(ctx context.Context, d *db.DB, c Column) (n int64, broken []string, err error) {
	last := ""
	for {
		var rows []value
		var done int64
		err := d.Across(ctx, "sealed values of all customers are sealed anew", func(tx *db.Tx) error {
			keys, err := retiredKeys(ctx, tx)
			if err != nil || len(keys) == 0 {
				return err
			}
			query := `SELECT ` + c.Key + ` AS row_key, ` + c.Column + ` AS sealed FROM {` + c.Table + `} WHERE ` + c.Column + ` LIKE 'v1:%'`
			var params []any
			if last != "" {
				query, params = query+` AND `+c.Key+` > ?`, []any{last}
			}
			if err := tx.Select(ctx, &rows, query+fmt.Sprintf(` ORDER BY %s LIMIT %d`, c.Key, batch), params...); err != nil {
				return err
			}
			for _, v := range rows {
				p := Place{c.Table, v.Key, c.Column}
				name, _, _ := cut(v.Sealed)
				customer, retired := keys[name]
				if !retired {
					continue
				}
				plain, err := b.open(ctx, tx, customer, p, v.Sealed)
				if err != nil {
					broken = append(broken, p.String())
					continue
				}
				k, err := b.currentKey(ctx, tx, customer)
				if err != nil {
					return err
				}
				anew, err := b.seal(ctx, k, p, plain)
				if err != nil {
					return err
				}
				// Only if nobody wrote another meanwhile: that one is sealed with the new key already.
				changed, err := tx.Exec(ctx, `UPDATE {`+c.Table+`} SET `+c.Column+` = ? WHERE `+c.Key+` = ? AND `+c.Column+` = ?`, anew, v.Key, v.Sealed)
				if err != nil {
					return err
				}
				done += changed
			}
			return nil
		})
		n += done
		if err = errors.Join(err, b.step()); err != nil || len(rows) < batch {
			return n, broken, err
		}
		last = rows[len(rows)-1].Key
	}
}

// retiredKeys gives the customer of each retired data key.
func retiredKeys(ctx context.Context, tx *db.Tx) (map[string]string, error) {
	var rows []keyRow
	if err := tx.Select(ctx, &rows, `SELECT `+db.Columns[keyRow]("")+` FROM {data_key} WHERE state = 'retired'`); err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, k := range rows {
		out[k.ID] = k.CustomerID
	}
	return out, nil
}

// Status is what stands of keys and sealed values.
type Status struct {
	Master  string         `json:"master"` // the one that the database names
	Given   []string       `json:"given"`  // those that this process has, newest first
	Keys    int64          `json:"keys"`   // data keys that seal
	Retired int64          `json:"retired_keys"`
	Older   int64          `json:"keys_of_older_master"` // data keys that a rotation has still to wrap
	Columns []ColumnStatus `json:"columns"`
}

// ColumnStatus counts the sealed values of one column.
type ColumnStatus struct {
	Table  string `json:"table"`
	Column string `json:"column"`
	Values int64  `json:"values"`
	Old    int64  `json:"old"` // sealed with a retired data key
}

// Status looks at keys and values; nothing is opened.
func (b *Box) Status(ctx context.Context, d *db.DB) (Status, error) {
	s := Status{Columns: []ColumnStatus{}, Given: []string{}}
	b.mu.Lock()
	for _, m := range b.ring {
		s.Given = append(s.Given, m.ID())
	}
	b.mu.Unlock()
	err := d.Across(ctx, "count keys and sealed values", func(tx *db.Tx) error {
		err := tx.Get(ctx, &s.Master, `SELECT id FROM {master_key} WHERE state = 'current'`)
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		for _, q := range []struct {
			into  *int64
			where string
			with  []any
		}{{&s.Keys, `state = 'current'`, nil}, {&s.Retired, `state = 'retired'`, nil}, {&s.Older, `master_id <> ?`, []any{s.Master}}} {
			if err := tx.Get(ctx, q.into, `SELECT COUNT(*) FROM {data_key} WHERE `+q.where, q.with...); err != nil {
				return err
			}
		}
		for _, c := range b.columns {
			n := ColumnStatus{Table: c.Table, Column: c.Column}
			sealed := `FROM {` + c.Table + `} t WHERE t.` + c.Column + ` LIKE 'v1:%'`
			if err := tx.Get(ctx, &n.Values, `SELECT COUNT(*) `+sealed); err != nil {
				return err
			}
			if err := tx.Get(ctx, &n.Old, `SELECT COUNT(*) `+sealed+` AND EXISTS (SELECT 1 FROM {data_key} k WHERE k.state = 'retired' AND t.`+c.Column+
				` LIKE 'v1:' || CAST(k.id AS TEXT) || ':%')`); err != nil {
				return err
			}
			s.Columns = append(s.Columns, n)
		}
		return nil
	})
	return s, err
}

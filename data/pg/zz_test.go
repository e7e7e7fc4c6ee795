package pg_test
import ("testing";"time";"fmt";"hetu/data/pg";"hetu/data/pgtest")
func TestZZBulk(t *testing.T){
	db := pgtest.New(t)
	merge(t, db.Store, smallRiver()...)
	rows := make([]pg.Row, 40000)
	for i := range rows { rows[i] = reach(pg.KeyOf("re", fmt.Sprint(i)), 0, 10) }
	for range 3 { at := time.Now(); m := merge(t, db.Store, rows...); fmt.Println(m, time.Since(at)) }
	for i := range rows { r := rows[i].(pg.Reach); r.Name="x"; rows[i]=r }
	at := time.Now(); m := merge(t, db.Store, rows...); fmt.Println(m, time.Since(at))
}

package ingest_test
import ("testing";"os";"hetu/data/ingest";"hetu/data/pgtest";"hetu/geo")
func TestZZ(t *testing.T){ for _,c:=range append(importerCases(), otherCases()...) { 
 if c.refused!="" {continue}
 e:=geo.China(); if c.world {e=geo.World()}
 db:=pgtest.New(t,pgtest.Extent(e)); req:=request(shared(t,c.path),c.as); if c.with!=nil {c.with(&req)}; req.DryRun=true
 r,err:=ingest.Run(t.Context(),db.Store,req); os.Stdout.WriteString("\n=== "+c.path+"\n"); if err!=nil {t.Error(err);continue}; if r.Driver=="MapInfo File" {r.Print(os.Stdout,"zh")}; r.Print(os.Stdout,"en") } }

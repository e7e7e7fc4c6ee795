package tiles

// Geometry is the shape of a layer's features, in the words of mapbox-geostats.
type Geometry string

// The shapes.
const (
	Point   Geometry = "Point"
	Line    Geometry = "LineString"
	Polygon Geometry = "Polygon"
)

// FieldType is the type of a property, in the words of MBTiles.
type FieldType string

// The types. A property without a value is left out of a feature.
const (
	String  FieldType = "String"
	Number  FieldType = "Number"
	Boolean FieldType = "Boolean"
)

// Field is a property of a layer's features, there from a zoom on: what is not read at a zoom does not weigh on its tiles.
type Field struct {
	Name    string
	Type    FieldType
	MinZoom int
	Zh, En  string
}

// Layer is a layer of the tiles. Name is the MVT layer's, Collection the same thing's id in the features API.
// Features are drawn from MinZoom on, each from its own rank; MaxZoom is the last zoom that shows more than the one before.
type Layer struct {
	Name       string
	Collection string
	Geometry   Geometry
	MinZoom    int
	MaxZoom    int
	Public     bool   // everyone may see it; else it is the office's
	Names      string // the layer whose features it names; it then has a feature for each place where a name stands
	Along      string // the layer whose lines its own mostly run along
	Zh, En     string
	Fields     []Field
}

// Catalogue gives the layers in the order of their names: the one table that joins MVT layers, collections, SQL and TileJSON.
// A source gives a feature's values in the order of Fields.
func Catalogue() []Layer {
	return []Layer{
		{
			Name: "board", Collection: "notice-boards", Geometry: Point, MinZoom: 10, MaxZoom: 18, Public: true,
			Zh: "河长公示牌", En: "notice boards of river chiefs", Fields: []Field{
				{"code", String, 12, "编号", "number of the board"},
				{"level", Number, 0, "级别：1 省 2 市 3 县 4 乡 5 村", "level: 1 province, 2 city, 3 county, 4 town, 5 village"},
				{"state", String, 0, "状况：ok 完好 tilted 倾斜 broken 破损 deformed 变形 faded 褪色 aged 老化", "condition: ok, tilted, broken, deformed, faded, aged"},
				{"bank", String, 12, "岸别：left 左岸 right 右岸", "bank, facing downstream: left, right"},
				{"site", String, 12, "设置地点", "where it stands, in words"},
				{"division", String, 12, "所在行政区", "division it stands in"},
				{"installed_on", String, 13, "设置日期", "day it was put up"},
				{"content_date", String, 13, "内容更新日期", "day its text is of"},
			},
		},
		{
			Name: "boundary", Collection: "boundaries", Geometry: Line, MinZoom: 11, MaxZoom: 18, Public: true,
			Zh: "已公告的河道管理范围线", En: "announced management boundaries", Fields: boundaryFields(
				Field{"status", String, 0, "状态：announced 已公告", "status: announced"},
				Field{"effective", String, 12, "生效日期", "day it took effect"},
			),
		},
		{
			Name: "division", Collection: "divisions", Geometry: Polygon, MinZoom: 0, MaxZoom: 14, Public: true,
			Zh: "行政区划", En: "administrative divisions", Fields: []Field{
				{"code", String, 0, "代码", "code"},
				{"name", String, 0, "名称", "name"},
				{"name_en", String, 0, "英文名称", "name in English"},
				{"level", Number, 0, "级别：1 省 2 市 3 县 4 乡 5 村 6 网格", "level: 1 province, 2 city, 3 county, 4 town, 5 village, 6 grid"},
				{"kind", String, 6, "类别", "kind, as its name says"},
			},
		},
		{
			Name: "division_label", Geometry: Point, MinZoom: 0, MaxZoom: 14, Public: true, Names: "division",
			Zh: "行政区划注记点", En: "where the names of divisions stand", Fields: []Field{
				{"code", String, 0, "代码", "code"},
				{"name", String, 0, "名称", "name"},
				{"name_en", String, 0, "英文名称", "name in English"},
				{"level", Number, 0, "级别：1 省 2 市 3 县 4 乡 5 村 6 网格", "level: 1 province, 2 city, 3 county, 4 town, 5 village, 6 grid"},
			},
		},
		{
			Name: "draft", Geometry: Line, MinZoom: 11, MaxZoom: 18, Public: false,
			Zh: "未公告的河道管理范围线", En: "management boundaries that are not announced yet", Fields: boundaryFields(
				Field{"status", String, 0, "状态：draft 草案 checked 已检查 consulted 公示 approved 已批准", "status: draft, checked, consulted, approved"},
				Field{"effective", String, 12, "起始日期", "day from which it would hold"},
			),
		},
		{
			Name: "outfall", Collection: "outfalls", Geometry: Point, MinZoom: 10, MaxZoom: 18, Public: false,
			Zh: "入河排污口", En: "outfalls", Fields: []Field{
				{"code", String, 0, "编号", "number"},
				{"name", String, 0, "名称", "name"},
				{"kind", String, 0, "类型", "type"},
				{"approval", String, 0, "审批情况：approved 已批 pending 待批 none 未批 closing 关闭中", "approval: approved, pending, none, closing"},
				{"monitored", Boolean, 0, "是否监测", "whether it is monitored"},
				{"bank", String, 0, "岸别：left 左岸 right 右岸", "bank, facing downstream: left, right"},
				{"river", String, 0, "河流名称", "name of the river"},
			},
		},
		{
			Name: "reach", Collection: "reaches", Geometry: Line, MinZoom: 9, MaxZoom: 16, Public: true, Along: "river",
			Zh: "河段", En: "reaches, one line for each level that answers for it", Fields: []Field{
				{"code", String, 12, "代码", "code"},
				{"name", String, 10, "名称", "name"},
				{"river", String, 10, "河流名称", "name of the river"},
				{"river_id", Number, 0, "河流编号", "id of the river"},
				{"level", Number, 0, "级别：1 省 2 市 3 县 4 乡 5 村", "level: 1 province, 2 city, 3 county, 4 town, 5 village"},
				{"division", String, 12, "责任行政区", "division that answers for it"},
				{"division_code", String, 12, "责任行政区代码", "code of that division"},
				{"bank_scope", String, 0, "岸别：both 两岸 left 左岸 right 右岸", "banks it covers: both, left, right"},
				{"has_chief", Boolean, 0, "有河长", "a chief holds its post on the day"},
				{"has_board", Boolean, 0, "有公示牌", "a notice board names it"},
				{"has_boundary", Boolean, 0, "已划界", "an announced boundary runs along some of it"},
				{"has_plan", Boolean, 0, "有一河一策", "an approved plan covers it or its river"},
			},
		},
		{
			Name: "river", Collection: "rivers", Geometry: Line, MinZoom: 4, MaxZoom: 16, Public: true,
			Zh: "河流中心线", En: "rivers: one line for each route", Fields: []Field{
				{"code", String, 10, "代码", "code"},
				{"name", String, 0, "名称", "name"},
				{"name_en", String, 0, "英文名称", "name in English"},
				{"river_id", Number, 0, "河流编号", "id of the river"},
				{"river_kind", String, 8, "类别：river 河 gully 沟 canal 渠 ditch 排干", "kind: river, gully, canal, ditch"},
				{"levels", String, 0, "管理级别，逗号分隔", "levels that manage it, such as 2,3,4"},
				{"perennial", Boolean, 0, "常年有水", "water all the year"},
				{"order", Number, 0, "河流等级（斯特拉勒）", "Strahler order"},
				{"flows_into", String, 10, "汇入", "name of the river it flows into"},
			},
		},
		{
			Name: "river_label", Geometry: Line, MinZoom: 4, MaxZoom: 13, Public: true, Names: "river",
			Zh: "河流名称注记线", En: "where the names of rivers stand: a piece of the river about each place, in the one tile that has it", Fields: []Field{
				{"name", String, 0, "名称", "name"},
				{"name_en", String, 0, "英文名称", "name in English"},
				{"river_kind", String, 0, "类别：river 河 gully 沟 canal 渠 ditch 排干", "kind: river, gully, canal, ditch"},
				{"order", Number, 0, "河流等级（斯特拉勒）", "Strahler order"},
			},
		},
		{
			Name: "section", Collection: "sections", Geometry: Point, MinZoom: 8, MaxZoom: 18, Public: true,
			Zh: "水质断面", En: "water quality sections", Fields: []Field{
				{"code", String, 10, "代码", "code"},
				{"name", String, 0, "名称", "name"},
				{"kind", String, 0, "类别", "kind: national, provincial, city, county, inflow, outflow, control, handover, river_mouth, drinking_source"},
				{"target", Number, 0, "目标水质类别：1–5，6 为劣Ⅴ类", "target class: 1 to 5, 6 is worse than V"},
				{"river", String, 10, "河流名称", "name of the river"},
				{"division", String, 10, "考核行政区", "division that is assessed by it"},
			},
		},
	}
}

// boundaryFields gives the fields of boundaries, announced ones and drafts: what reads the one reads the other.
func boundaryFields(status, effective Field) []Field {
	return []Field{
		{"name", String, 12, "名称", "name"},
		{"river", String, 12, "河流名称", "name of the river"},
		{"bank", String, 0, "岸别：left 左岸 right 右岸", "bank, facing downstream: left, right"},
		{"basis", String, 0, "划界依据", "what the line is drawn from: levee_toe, revetment, natural_bank, design_flood, historic_flood, planned, custom"},
		status,
		{"version", Number, 12, "版本", "version of the line"},
		effective,
	}
}

func layerNames(layers []Layer) []string {
	names := make([]string, len(layers))
	for i, l := range layers {
		names[i] = l.Name
	}
	return names
}

// Typetables writes src/kube/types/*.ts: for every Kubernetes type that Capstorm's API server knows, its fields with
// their protobuf numbers, JSON names and merge rules, as the struct tags and markers of the published Go modules
// state them.
//
//	cd interop && go run ./typetables ../src/kube/types
package main

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"

	// Read as source only; named here so that the module file keeps it.
	_ "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"
)

// Where types live, the name their tables get, and the kinds that are served (their parts are found by following fields).
var packages = []struct {
	path, file string
	roots      []string
}{
	{"k8s.io/apimachinery/pkg/apis/meta/v1", "meta-v1", []string{"APIGroup", "APIGroupList", "APIResourceList", "APIVersions", "DeleteOptions", "Status", "PartialObjectMetadata", "PartialObjectMetadataList", "WatchEvent"}},
	{"k8s.io/api/core/v1", "core-v1", []string{"Binding", "ComponentStatus", "ConfigMap", "Endpoints", "Event", "LimitRange", "Namespace", "Node", "NodeProxyOptions", "PodAttachOptions", "PodExecOptions", "PodPortForwardOptions", "PodProxyOptions", "ServiceProxyOptions", "PersistentVolume", "PersistentVolumeClaim", "Pod", "PodTemplate", "ReplicationController", "ResourceQuota", "Secret", "Service", "ServiceAccount"}},
	{"k8s.io/api/apps/v1", "apps-v1", []string{"ControllerRevision", "DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"}},
	{"k8s.io/api/apidiscovery/v2", "apidiscovery-v2", []string{"APIGroupDiscovery", "APIGroupDiscoveryList"}},
	{"k8s.io/api/autoscaling/v1", "autoscaling-v1", []string{"HorizontalPodAutoscaler", "HorizontalPodAutoscalerCondition", "MetricSpec", "MetricStatus", "Scale"}},
	{"k8s.io/api/autoscaling/v2", "autoscaling-v2", []string{"HorizontalPodAutoscaler"}},
	{"k8s.io/api/batch/v1", "batch-v1", []string{"CronJob", "Job"}},
	{"k8s.io/api/admission/v1", "admission-v1", []string{"AdmissionReview"}},
	{"k8s.io/api/admissionregistration/v1", "admissionregistration-v1", []string{"MutatingWebhookConfiguration", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding", "ValidatingWebhookConfiguration"}},
	{"k8s.io/api/authentication/v1", "authentication-v1", []string{"TokenReview", "TokenRequest", "SelfSubjectReview"}},
	{"k8s.io/api/authorization/v1", "authorization-v1", []string{"LocalSubjectAccessReview", "SelfSubjectAccessReview", "SelfSubjectRulesReview", "SubjectAccessReview"}},
	{"k8s.io/api/certificates/v1", "certificates-v1", []string{"CertificateSigningRequest"}},
	{"k8s.io/api/coordination/v1", "coordination-v1", []string{"Lease"}},
	{"k8s.io/api/discovery/v1", "discovery-v1", []string{"EndpointSlice"}},
	{"k8s.io/api/events/v1", "events-v1", []string{"Event"}},
	{"k8s.io/api/flowcontrol/v1", "flowcontrol-v1", []string{"FlowSchema", "PriorityLevelConfiguration"}},
	{"k8s.io/api/networking/v1", "networking-v1", []string{"Ingress", "IngressClass", "IPAddress", "NetworkPolicy", "ServiceCIDR"}},
	{"k8s.io/api/node/v1", "node-v1", []string{"RuntimeClass"}},
	{"k8s.io/api/policy/v1", "policy-v1", []string{"Eviction", "PodDisruptionBudget"}},
	{"k8s.io/api/rbac/v1", "rbac-v1", []string{"ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"}},
	{"k8s.io/api/resource/v1", "resource-v1", []string{"DeviceClass", "ResourceClaim", "ResourceClaimTemplate", "ResourceSlice"}},
	{"k8s.io/api/scheduling/v1", "scheduling-v1", []string{"PriorityClass"}},
	{"k8s.io/api/storage/v1", "storage-v1", []string{"CSIDriver", "CSINode", "CSIStorageCapacity", "StorageClass", "VolumeAttachment", "VolumeAttributesClass"}},
	{"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1", "apiextensions-v1", []string{"ConversionReview", "CustomResourceDefinition"}},
	{"k8s.io/kube-aggregator/pkg/apis/apiregistration/v1", "apiregistration-v1", []string{"APIService"}},
}

// Types with an encoding of their own.
var scalars = map[string]string{
	"string": "string", "bool": "bool", "int": "int64", "int32": "int32", "int64": "int64", "float64": "double", "uint32": "uint32",
	"meta-v1.Time": "time", "meta-v1.MicroTime": "microTime", "meta-v1.Duration": "duration", "meta-v1.FieldsV1": "fieldsV1",
	"intstr.IntOrString": "intOrString", "resource.Quantity": "quantity", "runtime.RawExtension": "raw", "types.UID": "string",
	"types.NodeName": "string", "apiextensions-v1.JSON": "json", "apiextensions-v1.JSONSchemaPropsOrBool": "schemaOrBool",
	"apiextensions-v1.JSONSchemaPropsOrArray": "schemaOrArray", "apiextensions-v1.JSONSchemaPropsOrStringArray": "schemaOrStrings",
	"meta-v1.Verbs": "[]string",
}

type typeDecl struct {
	name    string // file.Type
	spec    *ast.TypeSpec
	doc     *ast.CommentGroup
	imports map[string]string // local name to table, for package selectors
	file    string
}

var decls = map[string]typeDecl{}

// The values of string constants, by the type that they are said to have, and by their names.
var (
	constants = map[string][]string{}
	named     = map[string]string{}
)

func main() {
	tableOf := map[string]string{}
	for _, p := range packages {
		tableOf[p.path] = p.file
	}
	for _, p := range packages {
		load(p.path, p.file, tableOf)
	}
	queue := []string{}
	for _, p := range packages {
		for _, root := range p.roots {
			queue = append(queue, p.file+"."+root)
		}
	}
	lines := map[string]string{}
	for len(queue) > 0 {
		name := queue[0]
		queue = queue[1:]
		if _, done := lines[name]; done {
			continue
		}
		text, next := table(name)
		lines[name] = text
		queue = append(queue, next...)
	}
	for _, p := range packages {
		write(os.Args[1], p.path, p.file, lines)
	}
}

func load(path, file string, tableOf map[string]string) {
	out, err := exec.Command("go", "list", "-f", "{{.Dir}}", path).Output()
	check(err)
	pkgs, err := parser.ParseDir(token.NewFileSet(), strings.TrimSpace(string(out)), func(info os.FileInfo) bool {
		return !strings.HasSuffix(info.Name(), "_test.go") && !strings.HasPrefix(info.Name(), "zz_") && !strings.HasPrefix(info.Name(), "generated")
	}, parser.ParseComments)
	check(err)
	for _, pkg := range pkgs {
		for _, source := range pkg.Files {
			imports := map[string]string{}
			for _, spec := range source.Imports {
				importPath, _ := strconv.Unquote(spec.Path.Value)
				local := filepath.Base(importPath)
				if spec.Name != nil {
					local = spec.Name.Name
				}
				imports[local] = cmp.Or(tableOf[importPath], filepath.Base(importPath))
			}
			ast.Inspect(source, func(node ast.Node) bool {
				group, ok := node.(*ast.GenDecl)
				if !ok {
					return true
				}
				for _, member := range group.Specs {
					if value, ok := member.(*ast.ValueSpec); ok && group.Tok == token.CONST {
						typeDecl{imports: imports, file: file}.addConstants(value)
					}
					if spec, ok := member.(*ast.TypeSpec); ok {
						name := file + "." + spec.Name.Name
						doc := group.Doc
						if spec.Doc != nil {
							doc = spec.Doc
						}
						decls[name] = typeDecl{name, spec, doc, imports, file}
					}
				}
				return true
			})
		}
	}
}

func (decl typeDecl) addConstants(spec *ast.ValueSpec) {
	// Values of features that are off are not among those of an enum.
	if isMarked(spec.Doc, "+k8s:enumExclude") {
		return
	}
	for index, value := range spec.Values {
		kind := spec.Type
		// `A = Kind("a")` and `A = Kind(other.A)` are constants of Kind, too.
		if conversion, ok := value.(*ast.CallExpr); ok && kind == nil && len(conversion.Args) == 1 {
			kind, value = conversion.Fun, conversion.Args[0]
		}
		ident, ok := kind.(*ast.Ident)
		text, isText := decl.constantOf(value)
		if !ok || !isText {
			continue
		}
		named[decl.file+"."+spec.Names[index].Name] = text
		constants[decl.file+"."+ident.Name] = append(constants[decl.file+"."+ident.Name], text)
	}
}

// What a string or the name of one stands for.
func (decl typeDecl) constantOf(value ast.Expr) (text string, ok bool) {
	switch node := value.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(node.Value)
		return text, node.Kind == token.STRING && err == nil
	case *ast.SelectorExpr:
		if table, isName := node.X.(*ast.Ident); isName {
			text, ok = named[decl.imports[table.Name]+"."+node.Sel.Name]
		}
	}
	return text, ok
}

// One type's lines, and the struct types its fields mention.
func table(name string) (string, []string) {
	decl, ok := decls[name]
	if !ok {
		panic("no such type: " + name)
	}
	structure, ok := decl.spec.Type.(*ast.StructType)
	if !ok {
		panic(name + " is not a struct")
	}
	next := []string{}
	var text strings.Builder
	fmt.Fprintf(&text, "%s\n", decl.spec.Name.Name)
	for _, field := range structure.Fields.List {
		if field.Tag == nil {
			continue
		}
		raw, _ := strconv.Unquote(field.Tag.Value)
		tag := reflect.StructTag(raw)
		jsonName, jsonOptions, _ := strings.Cut(tag.Get("json"), ",")
		number := "0"
		if parts := strings.Split(tag.Get("protobuf"), ","); len(parts) > 1 {
			number = parts[1]
		}
		if strings.Contains(jsonOptions, "inline") && number == "0" {
			continue // TypeMeta: carried by the envelope
		}
		if jsonName == "-" {
			continue
		}
		kind, refs := decl.typeText(field.Type)
		next = append(next, refs...)
		flags := []string{}
		if strings.Contains(jsonOptions, "inline") {
			jsonName = "."
		} else if !strings.Contains(jsonOptions, "omitempty") && !strings.Contains(jsonOptions, "omitzero") {
			flags = append(flags, "!")
		} else if strings.Contains(jsonOptions, "omitzero") {
			flags = append(flags, "omitzero")
		}
		if key := tag.Get("patchMergeKey"); key != "" {
			flags = append(flags, "merge="+key)
		} else if strings.Contains(tag.Get("patchStrategy"), "merge") {
			flags = append(flags, "merge")
		}
		if tag.Get("patchStrategy") == "replace" {
			flags = append(flags, "replace")
		}
		if strings.Contains(tag.Get("patchStrategy"), "retainKeys") {
			flags = append(flags, "retainKeys")
		}
		if slices.Contains(flags, "!") && isMarked(field.Doc, "+optional") {
			flags = append(flags, "optional")
		}
		if !slices.Contains(flags, "!") && isMarked(field.Doc, "+required") {
			flags = append(flags, "required")
		}
		if isMarked(field.Doc, "+unionDiscriminator") && isMarked(decl.doc, "+union") {
			flags = append(flags, "discriminator")
		}
		flags = append(flags, decl.markers(field.Doc)...)
		if values := decl.enumOf(field.Type); values != "" {
			flags = append(flags, "enum="+values)
		}
		if goName := fieldName(field); jsonName != "." && goName != strings.ToUpper(jsonName[:1])+jsonName[1:] {
			flags = append(flags, "go="+goName)
		}
		fmt.Fprintf(&text, "%s\n", strings.Join(append([]string{number, jsonName, kind}, flags...), " "))
	}
	return text.String(), next
}

// As Go calls it: a struct that is embedded by its type.
func fieldName(field *ast.Field) string {
	if len(field.Names) > 0 {
		return field.Names[0].Name
	}
	selector, ok := field.Type.(*ast.SelectorExpr)
	if !ok {
		return field.Type.(*ast.Ident).Name
	}
	return selector.Sel.Name
}

func isMarked(doc *ast.CommentGroup, marker string) bool {
	return doc != nil && slices.ContainsFunc(doc.List, func(comment *ast.Comment) bool {
		return strings.HasPrefix(strings.TrimSpace(strings.TrimPrefix(comment.Text, "//")), marker)
	})
}

// The values of a type that is marked as an enum, those of the elements of a list or a map, too.
func (decl typeDecl) enumOf(expr ast.Expr) string {
	switch node := expr.(type) {
	case *ast.StarExpr:
		return decl.enumOf(node.X)
	case *ast.ArrayType:
		return decl.enumOf(node.Elt)
	case *ast.MapType:
		return decl.enumOf(node.Value)
	case *ast.Ident:
		return enumValues(decl.file + "." + node.Name)
	case *ast.SelectorExpr:
		return enumValues(decl.imports[node.X.(*ast.Ident).Name] + "." + node.Sel.Name)
	}
	return ""
}

func enumValues(name string) string {
	target, ok := decls[name]
	if !ok || target.doc == nil || !slices.ContainsFunc(target.doc.List, func(comment *ast.Comment) bool {
		return strings.TrimSpace(strings.TrimPrefix(comment.Text, "//")) == "+enum"
	}) {
		return ""
	}
	values := slices.Clone(constants[name])
	slices.Sort(values)
	return strings.ReplaceAll(strings.Join(slices.Compact(values), "|"), " ", "~")
}

// Merge rules of server-side apply: `list=set`, `list=map:key,key`, `map=atomic`; lists without one are atomic.
// `default=` completes list keys.
func (decl typeDecl) markers(doc *ast.CommentGroup) []string {
	if doc == nil {
		return nil
	}
	list, structure, initial, keys := "", "", "", []string{}
	for _, comment := range doc.List {
		text := strings.TrimSpace(strings.TrimPrefix(comment.Text, "//"))
		if value, ok := strings.CutPrefix(text, "+listType="); ok && list == "" {
			list = strings.TrimSpace(value)
		}
		if value, ok := strings.CutPrefix(text, "+listMapKey="); ok {
			keys = append(keys, strings.TrimSpace(value))
		}
		if value, ok := strings.CutPrefix(text, "+default=ref("); ok {
			initial = strconv.Quote(named[decl.file+"."+strings.TrimSuffix(value, ")")])
		} else if value, ok := strings.CutPrefix(text, "+default="); ok && !strings.ContainsAny(value, " ,)") {
			initial = value
		}
		if value, ok := strings.CutPrefix(text, "+structType="); ok {
			structure = strings.TrimSpace(value)
		}
		if value, ok := strings.CutPrefix(text, "+mapType="); ok {
			structure = strings.TrimSpace(value)
		}
	}
	flags := []string{}
	if list == "set" {
		flags = append(flags, "list=set")
	}
	if list == "atomic" {
		flags = append(flags, "list=atomic")
	}
	if list == "map" {
		flags = append(flags, "list=map:"+strings.Join(keys, ","))
	}
	if structure == "atomic" || structure == "granular" {
		flags = append(flags, "map="+structure)
	}
	if initial != "" {
		flags = append(flags, "default="+initial)
	}
	return flags
}

func (decl typeDecl) typeText(expr ast.Expr) (string, []string) {
	switch node := expr.(type) {
	case *ast.StarExpr:
		text, refs := decl.typeText(node.X)
		return "*" + text, refs
	case *ast.ArrayType:
		if ident, ok := node.Elt.(*ast.Ident); ok && ident.Name == "byte" {
			return "bytes", nil
		}
		text, refs := decl.typeText(node.Elt)
		return "[]" + text, refs
	case *ast.MapType:
		text, refs := decl.typeText(node.Value)
		if key := decl.goType(node.Key); key != "string" {
			return "map[" + key + "]" + decl.goType(node.Value) + "=map:" + unnamed(text), refs
		}
		return "map:" + text, refs
	case *ast.Ident:
		if node.Name == "int" {
			return "int=" + scalars["int"], nil
		}
		if scalar, ok := scalars[node.Name]; ok {
			return scalar, nil
		}
		return decl.named(decl.file + "." + node.Name)
	case *ast.SelectorExpr:
		return decl.named(decl.imports[node.X.(*ast.Ident).Name] + "." + node.Sel.Name)
	}
	panic(fmt.Sprintf("%s: unexpected type %T", decl.name, expr))
}

func (decl typeDecl) named(name string) (string, []string) {
	if scalar, ok := scalars[name]; ok {
		if scalar == "string" || strings.HasPrefix(scalar, "[]") {
			return goName(name) + "=" + scalar, nil
		}
		return scalar, nil
	}
	target, ok := decls[name]
	if !ok {
		panic(decl.name + ": unknown type " + name)
	}
	if _, isStruct := target.spec.Type.(*ast.StructType); !isStruct {
		text, refs := target.typeText(target.spec.Type)
		return goName(name) + "=" + unnamed(text), refs
	}
	refs := []string{name}
	if suffix := atomicStruct(target); suffix != "" {
		return name + suffix, refs
	}
	return name, refs
}

// A type as Go prints it: its decoder says so of a value that doesn't fit.
func (decl typeDecl) goType(expr ast.Expr) string {
	switch node := expr.(type) {
	case *ast.Ident:
		if _, basic := scalars[node.Name]; basic {
			return node.Name
		}
		return goName(decl.file + "." + node.Name)
	case *ast.SelectorExpr:
		return goName(decl.imports[node.X.(*ast.Ident).Name] + "." + node.Sel.Name)
	}
	panic(fmt.Sprintf("%s: unexpected key or value %T", decl.name, expr))
}

// Every package of types is called by its version.
func goName(name string) string {
	_, rest, versioned := strings.Cut(name, "-v")
	if versioned {
		return "v" + rest
	}
	return name
}

// A type that has a name of its own prints as that.
func unnamed(text string) string {
	if _, rest, named := strings.Cut(text, "="); named && !strings.HasPrefix(text, "[]") && !strings.HasPrefix(text, "map:") {
		return rest
	}
	return text
}

// A struct whose own declaration says that it is atomic: every field of that type is.
func atomicStruct(decl typeDecl) string {
	if slices.Contains(decl.markers(decl.doc), "map=atomic") {
		return "^"
	}
	return ""
}

func write(directory, path, file string, lines map[string]string) {
	names := []string{}
	for name := range lines {
		if strings.HasPrefix(name, file+".") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var text strings.Builder
	fmt.Fprintf(&text, "/** Generated by interop/typetables from %s; the lines are explained in tables.ts. */\nexport const table = `\n", path)
	for _, name := range names {
		text.WriteString(strings.ReplaceAll(lines[name], " "+file+".", " ."))
	}
	text.WriteString("`\n")
	short := strings.NewReplacer("[]"+file+".", "[].", "*"+file+".", "*.", ":"+file+".", ":.").Replace(text.String())
	check(os.WriteFile(filepath.Join(directory, file+".ts"), []byte(short), 0o644))
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

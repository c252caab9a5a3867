{{- define "sluice.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else if contains "sluice" .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-sluice" .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- /* Labels of every object. Flux's command line finds what it looks at by the label part-of. */ -}}
{{- define "sluice.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
app.kubernetes.io/name: sluice
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/part-of: flux
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- /* What tells the pods of one component and shard from all others: root, component, shard. */ -}}
{{- define "sluice.selector" -}}
app.kubernetes.io/name: sluice
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
sluice.dev/shard: {{ .shard | default "main" }}
{{- end -}}

{{- /* The same for all shards. */ -}}
{{- define "sluice.componentSelector" -}}
app.kubernetes.io/name: sluice
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- /* Name of a component in a shard: root, component, shard. */ -}}
{{- define "sluice.componentName" -}}
{{- printf "%s-%s" (include "sluice.fullname" .root) .component -}}
{{- with .shard }}-{{ . }}{{ end -}}
{{- end -}}

{{- define "sluice.serviceAccountName" -}}
{{- $account := (index .root.Values .component).serviceAccount -}}
{{- if $account.create -}}
{{- $account.name | default (printf "%s-%s" (include "sluice.fullname" .root) .component) -}}
{{- else -}}
{{- $account.name | default "default" -}}
{{- end -}}
{{- end -}}

{{- define "sluice.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "sluice.taskQueue" -}}
{{ .root.Values.temporal.taskQueue }}{{ with .shard }}-{{ . }}{{ end }}
{{- end -}}

{{- /* Host and port in the url of every artifact. */ -}}
{{- define "sluice.artifactsAddress" -}}
{{- $service := .Values.artifacts.service -}}
{{ include "sluice.fullname" . }}-artifacts.{{ .Release.Namespace }}.svc.{{ .Values.artifacts.clusterDomain }}
{{- if ne (int $service.port) 80 }}:{{ $service.port }}{{ end }}
{{- end -}}

{{- /* Ports of the processes: the only place that names them. */ -}}
{{- define "sluice.ports" -}}
artifacts: 9090
metrics: 8080
receiver: 9292
worker: 9440
bridge: 9441
{{- end -}}

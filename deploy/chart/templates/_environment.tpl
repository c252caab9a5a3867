{{- /* Where Temporal is, by the variables that all of its clients know. */ -}}
{{- define "sluice.temporalEnv" -}}
{{- with .Values.temporal }}
- name: TEMPORAL_ADDRESS
  value: {{ .address | quote }}
- name: TEMPORAL_NAMESPACE
  value: {{ .namespace | quote }}
{{- if .tls.enabled }}
- name: TEMPORAL_TLS
  value: 'true'
{{- if .tls.existingSecret }}
{{- if .tls.ca }}
- name: TEMPORAL_TLS_SERVER_CA_CERT_PATH
  value: /etc/temporal/tls/ca.crt
{{- end }}
{{- if .tls.clientCertificate }}
- name: TEMPORAL_TLS_CLIENT_CERT_PATH
  value: /etc/temporal/tls/tls.crt
- name: TEMPORAL_TLS_CLIENT_KEY_PATH
  value: /etc/temporal/tls/tls.key
{{- end }}
{{- end }}
{{- with .tls.serverName }}
- name: TEMPORAL_TLS_SERVER_NAME
  value: {{ . | quote }}
{{- end }}
{{- end }}
{{- with .apiKey }}
{{- if .existingSecret }}
- name: TEMPORAL_API_KEY
  valueFrom:
    secretKeyRef:
      name: {{ .existingSecret }}
      key: {{ .key }}
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "sluice.buildId" -}}
{{ .Values.temporal.versioning.buildId | default .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}

{{- /* Which version of the deployment in Temporal a worker is: root, buildId. */ -}}
{{- define "sluice.versioningEnv" -}}
{{- with .root.Values.temporal.versioning }}
{{- if .deploymentName }}
- name: TEMPORAL_DEPLOYMENT_NAME
  value: {{ .deploymentName | quote }}
- name: TEMPORAL_WORKER_BUILD_ID
  value: {{ $.buildId | quote }}
- name: SLUICE_VERSIONING_BEHAVIOR
  value: {{ .behavior }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "sluice.proxyEnv" -}}
{{- with .Values.proxy }}
{{- if or .http .https }}
{{- with .http }}
- name: HTTP_PROXY
  value: {{ . | quote }}
{{- end }}
{{- with .https }}
- name: HTTPS_PROXY
  value: {{ . | quote }}
{{- end }}
- name: NO_PROXY
  value: "{{ with .except }}{{ . }},{{ end }}.svc,.{{ $.Values.artifacts.clusterDomain }},$(KUBERNETES_SERVICE_HOST),localhost,127.0.0.1"
{{- end }}
{{- end }}
{{- end -}}

{{- /* Flags as `--name=value`, from a map of names. */ -}}
{{- define "sluice.flags" -}}
{{- range $name, $value := . }}
- {{ printf "--%s=%s" $name (ternary (join "," $value) (toString $value) (kindIs "slice" $value)) | quote }}
{{- end }}
{{- end -}}

{{- define "sluice.featureGates" -}}
{{- $rows := list -}}
{{- range $name, $open := .Values.featureGates }}{{ $rows = append $rows (printf "%s=%t" $name $open) }}{{ end -}}
{{- join "," $rows -}}
{{- end -}}

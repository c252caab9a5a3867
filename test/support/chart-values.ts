/** Values that people give to the chart, by what they are about: every switch of it at least once, and what goes together. */
export const valuesMatrix: Readonly<Record<string, object>> = {
  'nothing said': {},
  lockdown: { lockdown: true, defaultServiceAccount: 'tenant' },
  'lockdown with shards': { lockdown: true, shards: [{ name: 'a' }, { name: 'b', replicas: 5 }] },
  'one shard': { shards: [{ name: 'edge', replicas: 1, bridgeReplicas: 1 }] },
  'another name': { fullnameOverride: 'gitops', commonLabels: { team: 'platform' } },
  'an image by its digest': {
    image: { repository: 'registry.example.com/sluice', digest: `sha256:${'a'.repeat(64)}` },
    imagePullSecrets: ['registry'],
  },
  'an image by its tag': { image: { tag: 'v9', pullPolicy: 'Always' } },
  'no CRDs': { crds: { install: false } },
  'CRDs that go': { crds: { keep: false } },
  'Temporal with mutual TLS': {
    temporal: {
      address: 'temporal.example.com:7233',
      namespace: 'gitops',
      tls: { enabled: true, existingSecret: 'temporal', serverName: 'temporal.example.com' },
    },
  },
  'Temporal with an authority of its own': {
    temporal: { tls: { enabled: true, existingSecret: 'ca', clientCertificate: false } },
  },
  'Temporal with a public certificate': { temporal: { tls: { enabled: true } } },
  'Temporal Cloud with an API key': {
    temporal: { address: 'x.tmprl.cloud:7233', apiKey: { existingSecret: 'cloud', key: 'token' } },
  },
  'attributes registered by others': { temporal: { registerSearchAttributes: false } },
  'worker versioning': {
    temporal: {
      versioning: {
        deploymentName: 'sluice',
        buildId: '2.0.0',
        behavior: 'PINNED',
        keep: [{ buildId: '1.0.0+a', tag: 'v1' }],
      },
    },
    shards: [{ name: 'a' }],
  },
  'flags and gates': {
    logLevel: 'debug',
    featureGates: { DisableConfigWatchers: true, StrictPostBuildSubstitutions: false },
    worker: { flags: { concurrent: 4, 'override-manager': ['a', 'b'], 'retry-backoff': false } },
    bridge: { flags: { 'drift-watch': false }, extraArgs: ['--log-encoding=json'] },
  },
  'one namespace': { watchAllNamespaces: false },
  proxies: {
    proxy: {
      http: 'http://proxy:3128',
      https: 'http://proxy:3128',
      except: '10.0.0.0/8,git.example',
    },
  },
  'scaling by load': {
    worker: {
      autoscaling: {
        enabled: true,
        behavior: { scaleDown: { stabilizationWindowSeconds: 300 } },
        metrics: [
          {
            type: 'External',
            external: {
              metric: { name: 'temporal_backlog', selector: { matchLabels: { queue: 'sluice' } } },
              target: { type: 'AverageValue', averageValue: '20' },
            },
          },
        ],
      },
    },
  },
  'scaling by the task queue': {
    worker: { keda: { enabled: true, authenticationRef: 'temporal' } },
    shards: [{ name: 'a' }],
  },
  placement: {
    worker: {
      priorityClassName: 'system-cluster-critical',
      nodeSelector: { pool: 'system' },
      tolerations: [{ key: 'system', operator: 'Exists' }],
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [{ matchExpressions: [{ key: 'arm', operator: 'DoesNotExist' }] }],
          },
        },
      },
      topologySpreadConstraints: [
        {
          topologyKey: 'zone',
          maxSkew: 2,
          whenUnsatisfiable: 'DoNotSchedule',
          labelSelector: { matchLabels: { 'app.kubernetes.io/name': 'sluice' } },
        },
      ],
    },
  },
  'more for the pods': {
    worker: {
      podAnnotations: { note: 'x' },
      podLabels: { zone: 'x' },
      extraEnv: [{ name: 'SLUICE_MAX_DELETIONS', value: '20%' }],
      extraEnvFrom: [{ configMapRef: { name: 'more', optional: true } }],
      extraVolumes: [{ name: 'certs', configMap: { name: 'certs' } }],
      extraVolumeMounts: [{ name: 'certs', mountPath: '/etc/ssl/certs' }],
      cache: { sizeLimit: '100Gi' },
    },
    bridge: { extraEnv: [{ name: 'X', value: 'y' }] },
  },
  'no budgets': {
    worker: { replicas: 1, podDisruptionBudget: { enabled: false } },
    bridge: { replicas: 1, podDisruptionBudget: { enabled: false, maxUnavailable: '50%' } },
  },
  'accounts of others': {
    worker: { serviceAccount: { create: false, name: 'theirs' } },
    bridge: { serviceAccount: { create: true, name: 'ours', annotations: { role: 'arn:x' } } },
  },
  'rights of others': { rbac: { create: false } },
  'rights that end': {
    rbac: {
      clusterAdmin: false,
      aggregate: false,
      workerRules: [{ apiGroups: ['apps'], resources: ['deployments'], verbs: ['*'] }],
      driftWatchRules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['list', 'watch'] }],
    },
  },
  webhooks: { receiver: { enabled: true, service: { type: 'LoadBalancer', port: 8088 } } },
  'webhooks by an Ingress': {
    receiver: {
      enabled: true,
      ingress: {
        enabled: true,
        className: 'nginx',
        host: 'hooks.example.com',
        tlsSecret: 'hooks-tls',
        annotations: { 'cert-manager.io/cluster-issuer': 'x' },
      },
    },
    shards: [{ name: 'a' }],
  },
  monitoring: {
    metrics: {
      podMonitor: { enabled: true, labels: { release: 'prometheus' } },
      serviceMonitor: { enabled: true, interval: '15s' },
    },
    dashboards: { enabled: true, annotations: { folder: 'GitOps' } },
  },
  'networks open': { networkPolicy: { enabled: false } },
  'artifacts for others': {
    artifacts: { service: { port: 8080, annotations: { x: 'y' } }, clusterDomain: 'example.com' },
    networkPolicy: {
      artifactPeers: [
        { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'flux' } } },
      ],
    },
  },
  'more objects': {
    extraObjects: [
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: '{{ .Release.Name }}-x', namespace: '{{ .Release.Namespace }}' },
      },
      'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: y, namespace: "{{ .Release.Namespace }}" }\n',
    ],
  },
};

/** Values that are refused, each with what the refusal names. */
export const wrongValues: readonly (readonly [values: object, named: string])[] = [
  [{ replicas: 3 }, "additional properties 'replicas'"],
  [{ worker: { replica: 3 } }, "additional properties 'replica'"],
  [{ worker: { replicas: -1 } }, '/worker/replicas'],
  [{ worker: { replicas: '3' } }, '/worker/replicas'],
  [{ worker: { flags: { '--concurrent': 1 } } }, "invalid propertyName '--concurrent'"],
  [{ worker: { flags: { concurrent: {} } } }, '/worker/flags/concurrent'],
  [{ worker: { extraArgs: ['concurrent=1'] } }, '/worker/extraArgs/0'],
  [{ worker: { cache: { sizeLimit: 'much' } } }, '/worker/cache/sizeLimit'],
  [{ worker: { podLabels: { a: 1 } } }, '/worker/podLabels/a'],
  [{ worker: { keda: { enabled: true }, autoscaling: { enabled: true } } }, '/worker/autoscaling'],
  [{ image: { digest: 'sha256:123' } }, '/image/digest'],
  [{ image: { pullPolicy: 'Sometimes' } }, '/image/pullPolicy'],
  [{ temporal: { address: 'https://temporal' } }, '/temporal/address'],
  [{ temporal: { tls: { secret: 'x' } } }, '/temporal/tls'],
  [{ temporal: { versioning: { behavior: 'auto' } } }, '/temporal/versioning/behavior'],
  [{ temporal: { versioning: { deploymentName: 'a.b' } } }, '/temporal/versioning/deploymentName'],
  [{ lockdown: 'yes' }, '/lockdown'],
  [{ logLevel: 'loud' }, '/logLevel'],
  [{ featureGates: { X: 'true' } }, '/featureGates/X'],
  [{ shards: [{ name: 'Main' }] }, '/shards/0/name'],
  [{ shards: [{ name: 'main' }] }, '/shards/0/name'],
  [{ shards: [{ replicas: 1 }] }, '/shards/0'],
  [{ proxy: { http: 'proxy:3128' } }, '/proxy/http'],
  [{ receiver: { ingress: { enabled: true, host: 'x' } } }, '/receiver/enabled'],
  [{ receiver: { enabled: true, ingress: { enabled: true } } }, '/receiver/ingress/host'],
  [{ rbac: { workerRules: [{ verbs: ['get'] }] } }, '/rbac/workerRules/0'],
  [{ metrics: { podMonitor: { interval: 'often' } } }, '/metrics/podMonitor/interval'],
  [{ fullnameOverride: 'Sluice' }, '/fullnameOverride'],
];

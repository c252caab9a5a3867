/** The files of a small shop: a base with an API, a web front, a worker, settings and a database migration, and two overlays. */
export function application(): Record<string, string> {
  return {
    'apps/base/kustomization.yaml': `apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
  - backend-api.yaml
  - web.yaml
  - worker.yaml
  - migrate.yaml
configMapGenerator:
  - name: settings
    literals: [CURRENCY=EUR, PAGE_SIZE=20]
`,
    'apps/base/backend-api.yaml': `${workload('backend-api', 'shop/backend-api:1.0.0')}---\n${service('backend-api', 8080)}`,
    'apps/base/web.yaml': `${workload('web', 'shop/web:1.0.0')}---\n${service('web', 80)}`,
    'apps/base/worker.yaml': workload('worker', 'shop/worker:1.0.0'),
    'apps/base/migrate.yaml': migration,
    'apps/production/kustomization.yaml': overlay('production', 3, [
      'namespace.yaml',
      'maintenance.yaml',
    ]),
    'apps/production/namespace.yaml': namespace('production'),
    'apps/production/maintenance.yaml': maintenance,
    'apps/staging/kustomization.yaml': overlay('staging', 1, ['namespace.yaml']),
    'apps/staging/namespace.yaml': namespace('staging'),
  };
}

/** The API at another version. */
export function backendApi(version: string): Record<string, string> {
  const image = `shop/backend-api:${version}`;
  return {
    'apps/base/backend-api.yaml': `${workload('backend-api', image)}---\n${service('backend-api', 8080)}`,
  };
}

/** The API with a port that no Kubernetes API server accepts. */
export function brokenBackendApi(version: string): Record<string, string> {
  const image = `shop/backend-api:${version}`;
  return {
    'apps/base/backend-api.yaml': `${workload('backend-api', image)}---\n${service('backend-api', 88080)}`,
  };
}

/** The production overlay without its maintenance page. */
export function withoutMaintenance(): Record<string, string | undefined> {
  return {
    'apps/production/kustomization.yaml': overlay('production', 3, ['namespace.yaml']),
    'apps/production/maintenance.yaml': undefined,
  };
}

function workload(name: string, image: string): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
spec:
  selector:
    matchLabels: { app: ${name} }
  template:
    metadata:
      labels: { app: ${name} }
    spec:
      containers:
        - name: main
          image: ${image}
          envFrom: [{ configMapRef: { name: settings } }]
          resources: { requests: { cpu: 50m, memory: 64Mi } }
`;
}

function service(name: string, port: number): string {
  return `apiVersion: v1
kind: Service
metadata:
  name: ${name}
spec:
  selector: { app: ${name} }
  ports: [{ name: http, port: ${port} }]
`;
}

function overlay(name: string, replicas: number, resources: readonly string[]): string {
  const lines = ['../base', ...resources].map((resource) => `  - ${resource}`);
  return `apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: ${name}
resources:
${lines.join('\n')}
replicas:
  - { name: backend-api, count: ${replicas} }
  - { name: web, count: ${replicas} }
`;
}

function namespace(name: string): string {
  return `apiVersion: v1\nkind: Namespace\nmetadata:\n  name: ${name}\n`;
}

const migration = `apiVersion: batch/v1
kind: Job
metadata:
  name: migrate
spec:
  backoffLimit: 2
  template:
    spec:
      restartPolicy: Never
      containers:
        - name: main
          image: shop/migrate:1.0.0
          envFrom: [{ configMapRef: { name: settings } }]
`;

const maintenance = `apiVersion: v1
kind: ConfigMap
metadata:
  name: maintenance-page
data:
  index.html: "<h1>Back in a minute</h1>"
`;

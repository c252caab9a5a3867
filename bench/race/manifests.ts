import { configMap, deployment } from '../../test/support/manifests.ts';

/** An application: four kinds that start nothing; the value is in an annotation of its Ingress. */
export function application(name: string, value = 'first'): string {
  const account = `apiVersion: v1\nkind: ServiceAccount\nmetadata: { name: ${name} }\n`;
  const service = `apiVersion: v1\nkind: Service\nmetadata: { name: ${name} }\nspec: { selector: { app: ${name} }, ports: [{ port: 80 }] }\n`;
  const backend = `service: { name: ${name}, port: { number: 80 } }`;
  const ingress = `apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: { name: ${name}, annotations: { example.com/value: ${value} } }\nspec: { rules: [{ host: ${name}.example.com, http: { paths: [{ path: /, pathType: Prefix, backend: { ${backend} } }] } }] }\n`;
  const workload = deployment(name).replace('replicas: 2', 'replicas: 0');
  return [account, service, ingress, workload].join('---\n');
}

/** An application with a pod, and a ConfigMap that holds a value; where it fails, the pod never gets ready. */
export function liveApplication(name: string, value: string, fails: boolean): string {
  const pod = fails ? { pod: 'unready' } : {};
  const workload = deployment(name, pod).replace('replicas: 2', 'replicas: 1');
  return [configMap(name, { key: value }), workload].join('---\n');
}

/** Names of the directories and Kustomizations of a race. */
export function numbered(letter: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${letter}${index}`);
}

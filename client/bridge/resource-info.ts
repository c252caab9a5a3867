import type { KubeObject } from '../../activities/cluster/object.ts';
import { list, record, text } from '../../activities/cluster/untyped.ts';

/** Labels of a series. */
export type Labels = Readonly<Record<string, string>>;

/** What the metrics tell of an object. */
export interface Row {
  readonly labels: { readonly kind: string; readonly name: string; readonly namespace: string };
  readonly ready: string;
  readonly suspended: boolean;
  /** Labels of gotk_resource_info, as kube-state-metrics gives them by Flux's configuration. */
  readonly info: Labels;
  /** Labels of sluice_resource_info: what else operators group by. */
  readonly state: Labels;
}

/** All labels that gotk_resource_info has for one kind or another. */
export const infoLabels = [
  'customresource_group',
  'customresource_kind',
  'customresource_version',
  'exported_namespace',
  'name',
  'ready',
  'suspended',
  'revision',
  'source_name',
  'url',
  'endpoint',
  'bucket_name',
  'chart_name',
  'chart_version',
  'chart_app_version',
  'chart_source_name',
  'chart_ref_name',
  'webhook_path',
  'image',
];

/** All labels of sluice_resource_info. */
export const stateLabels = [
  'kind',
  'exported_namespace',
  'name',
  'tenant',
  'cluster',
  'ready',
  'reason',
  'stalled',
  'suspended',
];

/** Reads an object as the API server gives it; tolerates whatever bypassed the schema. */
export function rowOf(kind: string, { apiVersion, metadata, ...rest }: KubeObject): Row {
  const { name, namespace = '' } = metadata;
  const [spec, status] = [record(rest['spec']), record(rest['status'])];
  const condition = conditionsOf(status);
  const ready = text(condition('Ready')['status']) || 'Unknown';
  const suspended = spec['suspend'] === true;
  const [group = '', version = ''] = apiVersion.split('/');
  const state = { exported_namespace: namespace, name, ready, suspended: String(suspended) };
  return {
    labels: { kind, name, namespace },
    ready,
    suspended,
    info: {
      customresource_group: group,
      customresource_kind: kind,
      customresource_version: version,
      ...state,
      ...special(kind, spec, status),
    },
    state: {
      ...state,
      kind,
      tenant: metadata.labels?.['toolkit.fluxcd.io/tenant'] ?? namespace,
      cluster: clusterOf(spec),
      reason: text(condition('Ready')['reason']),
      stalled: text(condition('Stalled')['status']) || 'False',
    },
  };
}

function conditionsOf(status: Record<string, unknown>): (type: string) => Record<string, unknown> {
  const rows = list(status['conditions']);
  return (type) => rows.find((row) => row['type'] === type) ?? {};
}

/** The name of the Secret or ConfigMap that a remote cluster is reached by. */
function clusterOf(spec: Record<string, unknown>): string {
  const { secretRef, configMapRef } = record(spec['kubeConfig']);
  return text(record(secretRef)['name']) || text(record(configMapRef)['name']) || 'local';
}

type Special = (spec: Record<string, unknown>, status: Record<string, unknown>) => Labels;

function special(
  kind: string,
  spec: Record<string, unknown>,
  status: Record<string, unknown>,
): Labels {
  return (ofKind[kind] ?? ofSource)(spec, status);
}

const artifactRevision = (status: Record<string, unknown>): string =>
  text(record(status['artifact'])['revision']);

const ofSource: Special = ({ url }, status) => ({
  revision: artifactRevision(status),
  url: text(url),
});

const ofNothing: Special = () => ({});

const ofKind: Readonly<Record<string, Special>> = {
  Kustomization: ({ sourceRef }, { lastAppliedRevision }) => ({
    revision: text(lastAppliedRevision),
    source_name: text(record(sourceRef)['name']),
  }),
  Bucket: ({ endpoint, bucketName }, status) => ({
    revision: artifactRevision(status),
    endpoint: text(endpoint),
    bucket_name: text(bucketName),
  }),
  HelmChart: ({ chart, version }, status) => ({
    revision: artifactRevision(status),
    chart_name: text(chart),
    chart_version: text(version),
  }),
  HelmRelease: ({ chart, chartRef }, { history, lastAttemptedRevision }) => {
    const [latest = {}] = list(history);
    const template = record(record(chart)['spec']);
    return {
      revision: text(latest['chartVersion']) || text(lastAttemptedRevision),
      chart_name: text(latest['chartName']) || text(template['chart']),
      chart_app_version: text(latest['appVersion']),
      chart_source_name: text(record(template['sourceRef'])['name']),
      chart_ref_name: text(record(chartRef)['name']),
    };
  },
  Receiver: (_, { webhookPath }) => ({ webhook_path: text(webhookPath) }),
  ImageRepository: ({ image }) => ({ image: text(image) }),
  ImagePolicy: ({ imageRepositoryRef }) => ({
    source_name: text(record(imageRepositoryRef)['name']),
  }),
  ImageUpdateAutomation: ({ sourceRef }) => ({ source_name: text(record(sourceRef)['name']) }),
  Alert: ofNothing,
  Provider: ofNothing,
};

/**
 * The catalog that Keystone sends with a token -> where a service's versioned API starts. Deduced from the
 * address alone, without a discovery request: clouds register `…:9696`, `…/v2.0`, `…/v2.1/PROJECT`, and every
 * service we use has one API version that all supported releases serve.
 * Source: service types authority (service-types.openstack.org) for names and their aliases.
 */
import { Refusal } from '../../../kernel/refusal.ts';

export type ServiceType = 'compute' | 'network' | 'volumev3' | 'image' | 'orchestration' | 'identity' | 'placement';

export type CatalogEntry = {
  readonly type: string;
  readonly endpoints: readonly {
    readonly interface: string;
    readonly region?: string | null;
    readonly region_id?: string | null;
    readonly url: string;
  }[];
};

export type EndpointChoice = {
  readonly region?: string;
  readonly interface: 'public' | 'internal' | 'admin';
  readonly projectId: string;
};

type ServiceFacts = {
  /** Names in the catalog, the best first. */
  readonly types: readonly string[];
  /** What the path ends with; empty where the API has no version. */
  readonly root: readonly string[];
  /** Its name in the OpenStack-API-Version header. */
  readonly microversions?: string;
};

const PROJECT = '{project}';

const services: Readonly<Record<ServiceType, ServiceFacts>> = {
  compute: { types: ['compute'], root: ['v2.1'], microversions: 'compute' },
  network: { types: ['network'], root: ['v2.0'] },
  volumev3: { types: ['block-storage', 'volumev3', 'block-store'], root: ['v3', PROJECT], microversions: 'volume' },
  image: { types: ['image'], root: ['v2'] },
  orchestration: { types: ['orchestration'], root: ['v1', PROJECT] },
  identity: { types: ['identity'], root: ['v3'] },
  placement: { types: ['placement'], root: [], microversions: 'placement' },
};

/** Without a slash at its end. @throws Refusal NOT_SUPPORTED when the cloud has no such service for us */
export function endpointOf(catalog: readonly CatalogEntry[], service: ServiceType, choice: EndpointChoice): string {
  const facts = services[service];
  const entry = facts.types
    .map((type) => catalog.find((candidate) => candidate.type === type))
    .find((found) => found !== undefined);
  const offered = entry?.endpoints.filter((endpoint) => endpoint.interface === choice.interface) ?? [];
  const found = offered.find(
    ({ region, region_id }) => choice.region === undefined || region === choice.region || region_id === choice.region,
  );
  if (found !== undefined) return versionedRoot(found.url, facts, choice.projectId);
  const regions = [...new Set(offered.map(({ region, region_id }) => region ?? region_id ?? ''))];
  const where = choice.region === undefined ? '' : ` in region ${choice.region}`;
  throw new Refusal('NOT_SUPPORTED', `the cloud has no ${choice.interface} ${service} service${where}`, {
    retry: 'never',
    next:
      regions.length > 0
        ? `Name one of its regions: ${regions.join(', ')}.`
        : 'Ask the operator which services it has.',
    data: {
      service,
      interface: choice.interface,
      ...(choice.region === undefined ? {} : { region: choice.region }),
      regions,
    },
  });
}

/** Any version and project at the end of what is registered give way to those we speak. */
function versionedRoot(url: string, { root }: ServiceFacts, projectId: string): string {
  const registered = new URL(url);
  const parts = registered.pathname.split('/').filter((part) => part !== '');
  const version = parts.findLastIndex((part) => /^v\d+(\.\d+)?$/.test(part));
  const before = version === -1 ? parts : parts.slice(0, version);
  const wanted = root.map((part) => (part === PROJECT ? encodeURIComponent(projectId) : part));
  return [registered.origin, ...before, ...wanted].join('/');
}

/** `OpenStack-API-Version: compute 2.79`; nothing for services without microversions. */
export function microversionHeader(
  service: ServiceType,
  version: string | undefined,
): Readonly<Record<string, string>> {
  const name = services[service].microversions;
  return name === undefined || version === undefined ? {} : { 'openstack-api-version': `${name} ${version}` };
}

/** Where Keystone's v3 API starts, by the address that a person gave. */
export const identityRoot = (authUrl: string): string => versionedRoot(authUrl, services.identity, '');

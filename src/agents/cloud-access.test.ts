import { describe, expect, it } from 'vitest';
import { asRefusal } from '../kernel/refusal.ts';
import { parseCloudAccess } from './cloud-access.ts';

const FULL = {
  kind: 'openstack',
  authUrl: 'https://keystone.example:5000/v3',
  region: 'RegionOne',
  interface: 'internal',
  applicationCredentialId: 'id',
  applicationCredentialSecret: 'do-not-print-me',
  deployment: 'web',
};

const parse = (change: object) => parseCloudAccess(JSON.stringify({ ...FULL, ...change }), 'cloud.json');

function refusalOf(change: object): string {
  try {
    parse(change);
  } catch (error) {
    return `${asRefusal(error)?.code}: ${asRefusal(error)?.message}`;
  }
  return 'none';
}

describe('access to an OpenStack', () => {
  it('is an application credential, by id or by name and user, and always checks the server', () => {
    expect(parse({ verify: false })).toEqual({
      kind: 'openstack',
      deployment: 'web',
      credentials: {
        authUrl: FULL.authUrl,
        auth: { method: 'application-credential', credential: { id: 'id' }, secret: 'do-not-print-me' },
        region: 'RegionOne',
        interface: 'internal',
        verify: true,
      },
    });
    const named = parse({ applicationCredentialId: undefined, applicationCredentialName: 'nodes', userId: 'u' });
    expect(named).toMatchObject({ credentials: { auth: { credential: { name: 'nodes', user: { id: 'u' } } } } });
  });

  it('needs neither region, interface nor certificate', () => {
    expect(parse({ region: undefined, interface: undefined })).toMatchObject({ credentials: { interface: 'public' } });
  });

  it('is refused with all that is missing or wrong, and never with a value', () => {
    expect(refusalOf({ authUrl: undefined, applicationCredentialSecret: 7, deployment: '' })).toBe(
      'INVALID_INPUT: cloud.json: not a text: deployment, authUrl, applicationCredentialSecret',
    );
    expect(refusalOf({ authUrl: 'keystone' })).toContain('authUrl is not a URL');
    expect(refusalOf({ interface: 'secret' })).toContain('interface is not one of');
    expect(refusalOf({ caCertificate: 'do-not-print-me' })).toMatch(/caCertificate is not a PEM text(?!.*print)/);
    expect(refusalOf({ kind: 'vsphere' })).toContain('kind is not one');
  });
});

/**
 * Credentials -> Keystone's answer to them: a token, whose it is, and the catalog.
 * Source: Identity API v3, "Password authentication with scoped authorization", "Authenticating with an
 * Application Credential" (docs.openstack.org/api-ref/identity/v3).
 */
import { Refusal } from '../../../kernel/refusal.ts';
import type { CatalogEntry } from './catalog.ts';
import type { DomainRef, Named, OpenStackAuth } from './credentials.ts';
import type { HttpAnswer } from './http.ts';

export type Session = {
  /** A secret. */
  readonly token: string;
  /** By this machine's clock, milliseconds since the epoch. */
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly projectId: string;
  readonly projectName: string;
  readonly projectDomainId: string;
  readonly userId: string;
  readonly userName: string;
  readonly userDomainId: string;
  /** How the token was got: `password`, `application_credential`, `token`. */
  readonly methods: readonly string[];
  /** Names. */
  readonly roles: readonly string[];
  readonly catalog: readonly CatalogEntry[];
};

/** The body of `POST /v3/auth/tokens`. A secret. */
export function tokenRequest(auth: OpenStackAuth): unknown {
  switch (auth.method) {
    case 'password':
      return {
        auth: {
          identity: { methods: ['password'], password: { user: { ...named(auth.user), password: auth.password } } },
          scope: { project: named(auth.project) },
        },
      };
    case 'application-credential': {
      // It is bound to its project, and Keystone refuses a scope beside it.
      const { credential, secret } = auth;
      const which = 'id' in credential ? credential : { name: credential.name, user: named(credential.user) };
      return {
        auth: {
          identity: { methods: ['application_credential'], application_credential: { ...which, secret } },
        },
      };
    }
    case 'token':
      return {
        auth: {
          identity: { methods: ['token'], token: { id: auth.token } },
          ...(auth.project === undefined ? {} : { scope: { project: named(auth.project) } }),
        },
      };
  }
}

const named = (ref: Named): { id: string } | { name: string; domain: DomainRef } =>
  'id' in ref ? { id: ref.id } : { name: ref.name, domain: ref.domain };

/** The parts of the answer's `token` that we read. */
type TokenAnswer = {
  readonly methods: readonly string[];
  readonly issued_at: string;
  readonly expires_at: string;
  readonly user: { readonly id: string; readonly name: string; readonly domain: { readonly id: string } };
  readonly project?: { readonly id: string; readonly name: string; readonly domain: { readonly id: string } };
  readonly roles?: readonly { readonly name: string }[];
  readonly catalog?: readonly CatalogEntry[];
};

/** @throws Refusal CLOUD_REFUSED for an answer that is none of Keystone's, INVALID_INPUT for a token without a project */
export function sessionOf(answer: HttpAnswer, nowMs: number): Session {
  const token = answer.headers['x-subject-token'];
  const body = parsed(answer.text);
  if (typeof token !== 'string' || body?.token?.user === undefined)
    throw new Refusal('CLOUD_REFUSED', 'what answers at the auth URL is not Keystone v3', {
      retry: 'never',
      next: 'Check the auth URL: it usually ends with `:5000/v3` or `/identity/v3`.',
    });
  const { user, project, methods, roles, catalog, issued_at, expires_at } = body.token;
  if (project === undefined)
    throw new Refusal('INVALID_INPUT', 'the credentials belong to no project', {
      retry: 'never',
      next: 'Name a project in them: `project_name` with `project_domain_name`, or `project_id`.',
    });
  return {
    token,
    issuedAt: nowMs,
    // Their clock tells how long it lasts; ours when that is over.
    expiresAt: nowMs + Date.parse(expires_at) - Date.parse(issued_at),
    projectId: project.id,
    projectName: project.name,
    projectDomainId: project.domain.id,
    userId: user.id,
    userName: user.name,
    userDomainId: user.domain.id,
    methods,
    roles: (roles ?? []).map(({ name }) => name),
    catalog: catalog ?? [],
  };
}

function parsed(text: string): { readonly token?: TokenAnswer } | undefined {
  try {
    return JSON.parse(text) as { readonly token?: TokenAnswer };
  } catch {
    return undefined;
  }
}

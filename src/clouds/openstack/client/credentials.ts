/** Who asks, and of which cloud: what a `clouds.yaml` entry, OS_* variables or a node's own file come down to. */

/** A secret as a whole. */
export type OpenStackCredentials = {
  /** Keystone's address with or without `/v3`: `https://keystone.example:5000/v3`. */
  readonly authUrl: string;
  readonly auth: OpenStackAuth;
  /** Needed only where the catalog has several. */
  readonly region?: string;
  readonly interface: 'public' | 'internal' | 'admin';
  /** PEM of the authorities to trust instead of the system's. */
  readonly caCertificate?: string;
  /** false switches the check of the server's certificate off; only a person's own configuration may do that. */
  readonly verify: boolean;
};

export type OpenStackAuth =
  | { readonly method: 'password'; readonly user: Named; readonly password: string; readonly project: Named }
  | {
      readonly method: 'application-credential';
      /** One found by its name needs the user whose it is. */
      readonly credential: { readonly id: string } | { readonly name: string; readonly user: Named };
      readonly secret: string;
    }
  /** A token that somebody else got. It cannot be renewed; without a project its own stays. */
  | { readonly method: 'token'; readonly token: string; readonly project?: Named };

/** Names of users and projects are unique in their domain only. */
export type Named = { readonly id: string } | { readonly name: string; readonly domain: DomainRef };
export type DomainRef = { readonly id: string } | { readonly name: string };

/** What must never stand in a message. */
export function secretOf(auth: OpenStackAuth): string {
  if (auth.method === 'password') return auth.password;
  return auth.method === 'token' ? auth.token : auth.secret;
}

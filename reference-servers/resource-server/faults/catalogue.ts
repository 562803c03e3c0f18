import { algorithmFaults } from './algorithm.ts'
import { audienceFaults } from './audience.ts'
import { challengeFaults } from './challenge.ts'
import { corsFaults } from './cors.ts'
import { credentialFaults } from './credentials.ts'
import { delegationFaults } from './delegation.ts'
import { documentFaults } from './document.ts'
import { dpopFaults } from './dpop.ts'
import { earlyAnswerFaults } from './early-answers.ts'
import type { Fault } from './fault.ts'
import { gateFaults } from './gate.ts'
import { handleFaults } from './handles.ts'
import { identityFaults } from './identity.ts'
import { introspectionFaults } from './introspection.ts'
import { issuerFaults } from './issuer.ts'
import { keyFaults } from './keys.ts'
import { legacyFaults } from './legacy.ts'
import { lifetimeFaults } from './lifetime.ts'
import { metadataFaults } from './metadata.ts'
import { metadataPlaceFaults } from './metadata-places.ts'
import { originFaults } from './origin.ts'
import { refusalStatusFaults } from './refusal-status.ts'
import { scopeFaults } from './scope.ts'
import { sessionFaults } from './session.ts'
import { sharingFaults } from './sharing.ts'
import { signatureFaults } from './signature.ts'
import { tokenTypeFaults } from './token-type.ts'
import { versionFaults } from './version.ts'

/** Every planted deviation of a resource server, by name; each server chooses from them. */
export const commonFaults: Record<string, Fault> = {
  ...challengeFaults,
  ...refusalStatusFaults,
  ...metadataFaults,
  ...metadataPlaceFaults,
  ...documentFaults,
  ...gateFaults,
  ...earlyAnswerFaults,
  ...legacyFaults,
  ...credentialFaults,
  ...algorithmFaults,
  ...signatureFaults,
  ...tokenTypeFaults,
  ...issuerFaults,
  ...audienceFaults,
  ...lifetimeFaults,
  ...identityFaults,
  ...delegationFaults,
  ...keyFaults,
  ...scopeFaults,
  ...sessionFaults,
  ...dpopFaults,
  ...introspectionFaults,
  ...originFaults,
  ...versionFaults,
  ...corsFaults,
  ...sharingFaults,
  ...handleFaults,
}

/** Coming back as a device (CONN7, SEAL15). */
import { create, toBinary } from '@bufbuild/protobuf'
import { Identity, ResumeRequestSchema } from '../schema/identity_pb'
import { ascii, concatenate, type Bytes } from './bytes'
import { RESUME_ID } from './calls'
import type { Parcel } from './connection'
import type { Credentials } from './contract'
import { rulesOf } from './method'
import { encodePacket } from './packets'

const CONTEXT = ascii('hutong resume v2\0')

/** The request that signs a connection with this binding in. */
export async function resumeParcel(credentials: Credentials, binding: Bytes): Promise<Parcel> {
  const signature = await credentials.sign(concatenate([CONTEXT, binding]))
  const request = create(ResumeRequestSchema, { device: credentials.device, signature })
  const { id: method, priority } = rulesOf(Identity.method.resume)
  const body = toBinary(ResumeRequestSchema, request)
  return { priority, packet: encodePacket({ requests: [{ id: RESUME_ID, method, body }] }) }
}

/* OpenSSL as the whole program uses it. */
#ifndef RH_BASE_OPENSSL_H
#define RH_BASE_OPENSSL_H

#include "base/status.h"

/* From now on what OpenSSL frees is wiped: passwords and keys pass through buffers that it frees as
 * they are. Before anything else of OpenSSL is used; RH_ERR_UNSUPPORTED when it is too late. */
rh_status rh_openssl_prepare(rh_error *error);

#endif

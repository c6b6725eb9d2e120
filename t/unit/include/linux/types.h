/* The C library includes this, too */
#include_next <linux/types.h>
#include "../shim.h"

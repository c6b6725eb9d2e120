/* The C library includes this, too */
#include_next <linux/errno.h>
#include "../shim.h"

#include "config.h"
#include "service.h"
const struct vendor vendor_abitmedia, vendor_consinco, vendor_formulacerta, vendor_kirjaswappi;

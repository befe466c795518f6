#include "search/template_search.h"

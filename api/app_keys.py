"""What handlers find in the application, under typed keys."""

from aiohttp import web

from paintgraph.api.addresses import Addresses
from paintgraph.api.catalogue import Catalogue
from paintgraph.api.native.model_pulls import Pulls
from paintgraph.api.native.serializers import Serializer
from paintgraph.api.pictures import Pictures
from paintgraph.api.submission import Submissions
from paintgraph.jobs.dispatching.dispatcher import Dispatcher
from paintgraph.jobs.dispatching.subscriptions import Subscriptions
from paintgraph.jobs.store.jobs import JobStore

ADDRESSES = web.AppKey("addresses", Addresses)
STORE = web.AppKey("store", JobStore)
SUBSCRIPTIONS = web.AppKey("subscriptions", Subscriptions)
DISPATCHER = web.AppKey("dispatcher", Dispatcher)
CATALOGUE = web.AppKey("catalogue", Catalogue)
SUBMISSIONS = web.AppKey("submissions", Submissions)
PICTURES = web.AppKey("pictures", Pictures)
SERIALIZER = web.AppKey("serializer", Serializer)
PULLS = web.AppKey("pulls", Pulls)
MAX_BODY_BYTES = web.AppKey("max_body_bytes", int)

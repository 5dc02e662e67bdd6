"""slabring.transforms against the library's table, and against torchvision's signatures and objects."""

import inspect
import json
import unittest
import warnings

import slabring
from slabring import _slabring
from slabring import transforms as T

try:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torchvision warns that it cannot load its own image library
        import torch
        from torchvision import transforms as tv
except ImportError:
    tv = None

TABLE = {op["op"]: op["parameters"] for op in json.loads(_slabring.describe_transforms())}


class Table(unittest.TestCase):
    def test_every_transform_of_the_library_has_its_class(self):
        for name in TABLE:
            self.assertTrue(issubclass(getattr(T, name), T.Transform), name)
            self.assertIn(name, T.__all__)

    def test_parameters_and_defaults_are_the_tables(self):
        for name, parameters in TABLE.items():
            ours = inspect.signature(getattr(T, name)).parameters
            self.assertEqual(set(ours), {p["name"] for p in parameters}, name)
            for parameter in parameters:
                default = ours[parameter["name"]].default
                if "default" in parameter:
                    self.assertEqual(json.loads(json.dumps(default)), parameter["default"], name)
                else:
                    self.assertIs(default, inspect.Parameter.empty, name)

    @unittest.skipIf(tv is None, "python3-torchvision is not there")
    def test_parameters_stand_in_torchvisions_order(self):
        for name in TABLE:
            theirs = getattr(tv, name, None)
            if theirs is None:
                continue
            order = list(inspect.signature(theirs).parameters)
            ours = list(inspect.signature(getattr(T, name)).parameters)
            self.assertEqual(ours, [p for p in order if p in ours], name)


class Steps(unittest.TestCase):
    def test_values_are_checked_when_a_step_is_made(self):
        with self.assertRaisesRegex(slabring.InvalidArgument, r"size: \[-1, -1\]"):
            T.CenterCrop(-1)
        with self.assertRaisesRegex(slabring.InvalidArgument, "nearest, box, bilinear"):
            T.Resize(20, "bilinar")
        with self.assertRaises(TypeError):
            T.CenterCrop()

    def test_steps_show_their_parameters_and_are_equal_when_these_are(self):
        self.assertEqual(repr(T.Resize(256, T.InterpolationMode.BICUBIC)), "Resize(size=256, interpolation='bicubic')")
        self.assertEqual(T.CenterCrop(224), T.CenterCrop((224, 224)))
        self.assertNotEqual(T.CenterCrop(224), T.CenterCrop(225))
        self.assertEqual(len({T.RandomInvert(), T.RandomInvert(0.5), T.RandomInvert(0.1)}), 2)

    def test_lists_hold_steps(self):
        step = T.RandomApply([T.ColorJitter(0.4), T.RandomChoice([T.Grayscale(3), T.RandomInvert()])], p=0.3)
        self.assertEqual(step.to_dict()["transforms"][1]["transforms"][0]["op"], "Grayscale")
        self.assertEqual(T.Compose.from_json(T.Compose([step]).to_json()), T.Compose([step]))

    def test_what_is_no_transform_is_refused(self):
        with self.assertRaisesRegex(TypeError, "no transform"):
            T.Compose(["Resize"])

    def test_to_tensor_says_the_type_of_the_result(self):
        self.assertEqual(T.Compose([T.CenterCrop(8), T.ToTensor()]).dtype, "f32")
        self.assertEqual(T.Compose([T.PILToTensor(), T.ConvertImageDtype("torch.float16")]).dtype, "f16")

    def test_the_pipelines_of_the_command_are_there(self):
        self.assertEqual([step.op for step in T.train(32).transforms], ["RandomResizedCrop", "RandomHorizontalFlip", "Normalize"])
        self.assertEqual([step.op for step in T.val(32, normalize=False).transforms], ["Resize", "CenterCrop"])


@unittest.skipIf(tv is None, "python3-torchvision is not there")
class FromTorchvision(unittest.TestCase):
    def same(self, theirs, ours):
        self.assertEqual(T.from_torchvision(theirs), T.Compose(ours))

    def test_a_training_pipeline_becomes_ours(self):
        mean, std = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
        self.same(tv.Compose([tv.RandomResizedCrop(224, (0.2, 1), interpolation=tv.InterpolationMode.BICUBIC),
                              tv.RandomHorizontalFlip(0.3), tv.RandomApply([tv.ColorJitter(0.4, 0.3, (0.5, 1.5), 0.1)], 0.8),
                              tv.RandomGrayscale(0.2), tv.GaussianBlur(23, (0.1, 2.0)), tv.ToTensor(), tv.Normalize(mean, std),
                              tv.RandomErasing(value="random")]),
                  [T.RandomResizedCrop(224, (0.2, 1), interpolation="bicubic"), T.RandomHorizontalFlip(0.3),
                   T.RandomApply([T.ColorJitter(0.4, 0.3, (0.5, 1.5), 0.1)], 0.8), T.RandomGrayscale(0.2),
                   T.GaussianBlur(23, (0.1, 2.0)), T.ToTensor(), T.Normalize(mean, std), T.RandomErasing(value="random")])

    def test_every_transform_that_both_have_is_converted_with_its_parameters(self):
        made = {
            "Resize": [((256,), {}), (((20, 30),), {}), ((20,), {"max_size": 40}), (([24],), {})], "CenterCrop": [((7,), {})],
            "RandomResizedCrop": [((8,), {"ratio": (1, 2)})], "RandomVerticalFlip": [((0.1,), {})],
            "Pad": [((1,), {}), (((1, 2),), {"fill": (1, 2, 3)}), (((1, 2, 3, 4),), {"padding_mode": "reflect"})],
            "RandomCrop": [((8,), {"padding": 4}), ((8,), {"pad_if_needed": True, "fill": 9})],
            "RandomRotation": [((30,), {}), (((-10, 20),), {"expand": True, "center": (1, 2)})],
            "RandomAffine": [((10,), {}), ((10, (0.1, 0.2), (0.9, 1.1), 5), {}), ((0,), {"shear": (1, 2, 3, 4)})],
            "RandomPerspective": [((0.3,), {})], "ColorJitter": [((), {}), ((0.1, 0.2, 0.3, 0.4), {})],
            "Grayscale": [((), {}), ((3,), {})], "RandomAdjustSharpness": [((2,), {})], "RandomAutocontrast": [((), {})],
            "RandomEqualize": [((0.2,), {})], "RandomPosterize": [((4,), {})], "RandomSolarize": [((128,), {})],
            "RandomInvert": [((), {})], "GaussianBlur": [((5,), {}), (((5, 7),), {"sigma": 1.0})],
            "AutoAugment": [((), {}), ((tv.AutoAugmentPolicy.SVHN,), {})], "RandAugment": [((3, 5), {})],
            "TrivialAugmentWide": [((), {})], "AugMix": [((), {"severity": 5})],
        }
        for name, calls in made.items():
            for arguments, options in calls:
                with self.subTest(name, arguments=arguments, options=options):
                    ours = [24] if arguments == ([24],) else arguments  # torchvision: one number in a list is the shorter side
                    self.same(getattr(tv, name)(*arguments, **options), [getattr(T, name)(*ours, **options)])

    def test_lists_of_transforms_are_converted(self):
        self.same([tv.RandomChoice([tv.RandomInvert(), tv.Grayscale(3)]), tv.RandomOrder([tv.RandomInvert(), tv.RandomEqualize()])],
                  [T.RandomChoice([T.RandomInvert(), T.Grayscale(3)]), T.RandomOrder([T.RandomInvert(), T.RandomEqualize()])])
        self.same(tv.RandomApply(torch.nn.ModuleList([tv.ColorJitter(0.4)]), 0.1), [T.RandomApply([T.ColorJitter(0.4)], 0.1)])

    def test_conversions_say_the_type(self):
        self.assertEqual(T.from_torchvision([tv.PILToTensor(), tv.ConvertImageDtype(torch.float16)]).dtype, "f16")
        self.assertIsNone(T.from_torchvision(tv.CenterCrop(8)).dtype)

    def test_what_cannot_be_converted_is_named_with_the_reason(self):
        for theirs, words in ((tv.Lambda(abs), "Lambda.*function"), (tv.TenCrop(8), "TenCrop.*not among"),
                              (tv.Compose([tv.ToTensor(), tv.Resize(8)]), "Resize stands behind"),
                              (tv.RandomApply([tv.FiveCrop(8)]), "FiveCrop")):
            with self.assertRaisesRegex(TypeError, words):
                T.from_torchvision(theirs)
        with self.assertRaisesRegex(TypeError, "from_torchvision"):
            T.Compose([tv.CenterCrop(8)])
        with self.assertRaisesRegex(TypeError, "from_torchvision"):
            slabring.ImageFolder("/", tv.Compose([tv.CenterCrop(8)]))


if __name__ == "__main__":
    unittest.main()
